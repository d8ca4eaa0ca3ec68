// Books on Redis: hashes without a TTL, and a revision beside each.

package rediscache

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/askonce/askonce/cache"
)

// nextRevision is shared by the scripts that change a book. A revision that is
// not there starts at the present time, so that it can't be taken for one
// before a FLUSHALL.
const nextRevision = serverTime + `
local function next_revision(key)
	if redis.call('EXISTS', key) == 0 then
		redis.call('SET', key, string.format('%.0f', now()))
	end
	redis.call('INCR', key)
end
`

var (
	// addRowScript writes the row ARGV[1] with the value ARGV[2] into the book
	// KEYS[1], whose revision is KEYS[2], unless it is there.
	addRowScript = redis.NewScript(nextRevision + `
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
next_revision(KEYS[2])
return 1`)

	// removeRowsScript removes the rows ARGV from the book KEYS[1].
	removeRowsScript = redis.NewScript(nextRevision + `
for i = 1, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
next_revision(KEYS[2])
return 1`)
)

// bookKeys are those of a book and of its revision.
func (n *names) bookKeys(book string) []string {
	key := n.book + digest(book)
	return []string{key, key + ":r"}
}

// Rows implements [cache.Books].
func (s *Store) Rows(ctx context.Context, book string) (map[string][]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found, err := s.client.HGetAll(ctx, s.names.bookKeys(book)[0]).Result()
	if err != nil {
		return nil, fault(ctx, "rows", err)
	}
	rows := make(map[string][]byte, len(found))
	for name, value := range found {
		rows[name] = []byte(value)
	}
	return rows, nil
}

// Add implements [cache.Books].
func (s *Store) Add(ctx context.Context, book, row string, value []byte) (bool, error) {
	if err := errors.Join(ctx.Err(), cache.CheckBookRow(book, row, value)); err != nil {
		return false, err
	}
	added, err := addRowScript.Run(ctx, s.client, s.names.bookKeys(book), row, value).Bool()
	return added, fault(ctx, "add", err)
}

// Remove implements [cache.Books].
func (s *Store) Remove(ctx context.Context, book string, rows []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	args := make([]any, len(rows))
	for i, row := range rows {
		args[i] = row
	}
	return fault(ctx, "remove", removeRowsScript.Run(ctx, s.client, s.names.bookKeys(book), args...).Err())
}

// Revision implements [cache.Books].
func (s *Store) Revision(ctx context.Context, book string) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.client.Get(ctx, s.names.bookKeys(book)[1]).Int64()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return n, fault(ctx, "revision", err)
}
