// Counters on Redis: a hash without a TTL for each book.

package rediscache

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/askonce/askonce/cache"
)

// countScript adds to the counters of the book KEYS[1], unless the tick ARGV[2]
// of the writer in the field ARGV[1] was counted. Names and sums follow in
// turn. Ticks stay below 2^53, so Lua's numbers hold them exactly.
var countScript = redis.NewScript(`
local last = redis.call('HGET', KEYS[1], ARGV[1])
if last and tonumber(last) >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
for i = 3, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
return 1`)

// tickField holds a writer's last tick: its name behind a zero, which no
// counter's name has.
func tickField(writer string) string { return "\x00" + writer }

func (n *names) counterKey(book string) string { return n.counters + digest(book) }

// Count implements [cache.Counters].
func (s *Store) Count(ctx context.Context, book string, at cache.Tick, by map[string]int64) error {
	if err := errors.Join(ctx.Err(), cache.CheckCount(book, at, by)); err != nil {
		return err
	}
	args := make([]any, 0, 2+2*len(by))
	args = append(args, tickField(at.Writer), at.Number)
	for name, n := range by {
		args = append(args, name, n)
	}
	return fault(ctx, "count", countScript.Run(ctx, s.client, []string{s.names.counterKey(book)}, args...).Err())
}

// Counted implements [cache.Counters].
func (s *Store) Counted(ctx context.Context, book string) (map[string]int64, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found, err := s.client.HGetAll(ctx, s.names.counterKey(book)).Result()
	if err != nil {
		return nil, fault(ctx, "counted", err)
	}
	counted := make(map[string]int64, len(found))
	for name, value := range found {
		if name == "" || name[0] == 0 {
			continue
		}
		if counted[name], err = strconv.ParseInt(value, 10, 64); err != nil {
			return nil, fmt.Errorf("%w: a counter of the book %s", cache.ErrDamaged, book)
		}
	}
	return counted, nil
}

// DropCounters implements [cache.Counters]. The books are in slots of their own.
func (s *Store) DropCounters(ctx context.Context, books []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, book := range books {
		if err := s.client.Unlink(ctx, s.names.counterKey(book)).Err(); err != nil {
			return fault(ctx, "drop counters", err)
		}
	}
	return nil
}
