// Delete, and telling other replicas of it.

package rediscache

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askonce/askonce/cache"
)

// Delete implements [cache.Store]. All keys are announced to other replicas,
// also those that were not there: a replica may still hold what Redis has
// evicted. An error may mean that the entries are gone but other replicas do
// not know yet; they are told as soon as the server can be reached. Where a
// connection broke in between, the number may leave out entries whose reply
// got lost.
func (s *Store) Delete(ctx context.Context, keys []cache.Key) (int, error) {
	if err := ctx.Err(); err != nil || len(keys) == 0 {
		return 0, err
	}
	removed := 0
	for batch := range slices.Chunk(slices.Clone(keys), batchKeys) {
		n, err := s.deleteBatch(ctx, batch)
		removed += n
		if err != nil {
			return removed, fault(ctx, "delete", err)
		}
	}
	return removed, nil
}

func (s *Store) deleteBatch(ctx context.Context, keys []cache.Key) (int, error) {
	calls := make([]scriptCall, len(keys))
	for i, key := range keys {
		calls[i] = scriptCall{key: s.names.entryKey(key)}
	}
	removed := 0
	var taken []indexed
	var failed error
	for i, result := range s.runAll(ctx, takeScript, calls) {
		old, err := result.Text()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			failed = err
			continue
		}
		removed++
		if h, _, err := decodeHead(old); err == nil {
			taken = append(taken, indexed{key: keys[i], head: h})
		}
	}
	// Other replicas come before the index: a member without its entry does
	// no harm. After an error too, as a reply may have got lost.
	if err := s.announce(ctx, keys); err != nil {
		s.owed.add(keys)
		failed = errors.Join(failed, err)
	}
	if failed == nil {
		_ = s.unindex(ctx, taken)
	}
	return removed, failed
}

// announce counts the generation up and publishes the keys; none stands for
// all keys.
func (s *Store) announce(ctx context.Context, keys []cache.Key) error {
	return announceScript.Run(ctx, s.client, []string{s.names.generation},
		s.names.deleted, encodeNotice(s.self, keys)).Err()
}

const (
	// maxOwed bounds the keys that wait to be announced. With more, replicas
	// are told to forget everything.
	maxOwed = 10_000

	owedRetry = 200 * time.Millisecond
)

// owed are deletions that could not be announced.
type owed struct {
	wake chan struct{}

	mu   sync.Mutex
	keys []cache.Key
	all  bool
}

func (o *owed) add(keys []cache.Key) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.keys)+len(keys) > maxOwed {
		o.keys, o.all = nil, true
	}
	if !o.all {
		o.keys = append(o.keys, keys...)
	}
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// take returns the next keys to announce: none and true for all of them.
func (o *owed) take() (keys []cache.Key, some bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all {
		o.all = false
		return nil, true
	}
	n := min(len(o.keys), batchKeys)
	keys, o.keys = o.keys[:n:n], o.keys[n:]
	return keys, n > 0
}

// giveBack undoes take.
func (o *owed) giveBack(keys []cache.Key) {
	if len(keys) > 0 {
		o.add(keys)
		return
	}
	o.mu.Lock()
	o.keys, o.all = nil, true
	o.mu.Unlock()
}

// payOwed announces what is owed, until it has succeeded.
func (s *Store) payOwed(ctx context.Context) {
	for {
		keys, some := s.owed.take()
		if !some {
			select {
			case <-s.owed.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		if err := s.announce(ctx, keys); err != nil {
			s.owed.giveBack(keys)
			if !pause(ctx, owedRetry) {
				return
			}
		}
	}
}

// encodeNotice writes what follows the generation in a message: the sender,
// and the keys one after the other.
func encodeNotice(sender string, keys []cache.Key) string {
	var b strings.Builder
	b.Grow(len(sender) + 2 + len(keys)*len(cache.Key{}))
	b.WriteString(":" + sender + ":")
	for _, key := range keys {
		b.Write(key[:])
	}
	return b.String()
}
