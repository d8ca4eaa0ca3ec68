// Get and Put.

package rediscache

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askonce/askonce/cache"
)

const (
	// batchKeys and batchBytes bound one pipeline.
	batchKeys  = 256
	batchBytes = 4 << 20
)

// Get implements [cache.Store]: one round trip. The strings of the meta are
// parts of the reply's memory, in front of the value's.
func (s *Store) Get(ctx context.Context, key cache.Key) (cache.Record, error) {
	if err := ctx.Err(); err != nil {
		return cache.Record{}, err
	}
	reply := s.client.Get(ctx, s.names.entryKey(key))
	if err := reply.Err(); err != nil {
		if errors.Is(err, redis.Nil) {
			return cache.Record{}, cache.ErrNotFound
		}
		return cache.Record{}, fault(ctx, "get", err)
	}
	h, size, err := decodeHead(reply.Val())
	if err != nil {
		return cache.Record{}, fault(ctx, "get", err)
	}
	if !h.meta.Expires.After(time.Now()) {
		return cache.Record{}, cache.ErrNotFound
	}
	record, _ := reply.Bytes()
	return cache.Record{Key: key, Meta: h.meta, Value: record[size:]}, nil
}

// putting is an encoded record on its way.
type putting struct {
	key    cache.Key
	head   head
	record []byte
}

// Put implements [cache.Store]. It takes two round trips, and a third if
// entries were replaced.
func (s *Store) Put(ctx context.Context, records []cache.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stamp := time.Now().UnixMicro()
	last := make(map[cache.Key]int, len(records)) // a later record replaces an earlier
	batch := make([]putting, 0, len(records))
	for _, r := range records {
		encoded, err := encodeRecord(r, stamp)
		if err != nil {
			return err
		}
		p := putting{key: r.Key, head: head{stamp: stamp, meta: r.Meta}, record: encoded}
		if at, again := last[r.Key]; again {
			batch[at] = p
			continue
		}
		last[r.Key] = len(batch)
		batch = append(batch, p)
	}
	for len(batch) > 0 {
		n := portion(batch)
		if err := s.putBatch(ctx, batch[:n]); err != nil {
			return fault(ctx, "put", err)
		}
		batch = batch[n:]
	}
	return nil
}

// portion returns how many of batch go into one pipeline.
func portion(batch []putting) int {
	size := 0
	for i := range batch {
		size += len(batch[i].record)
		if i > 0 && (i == batchKeys || size > batchBytes) {
			return i
		}
	}
	return len(batch)
}

// putBatch indexes the entries, writes them, and takes those that they replace
// out of the index.
func (s *Store) putBatch(ctx context.Context, batch []putting) error {
	if err := s.index(ctx, batch); err != nil {
		return err
	}
	calls := make([]scriptCall, len(batch))
	for i, p := range batch {
		until := p.head.meta.Expires.UnixMilli()
		calls[i] = scriptCall{key: s.names.entryKey(p.key), args: []any{p.record, until}}
	}
	var replaced []indexed
	var failed error
	for i, result := range s.runAll(ctx, putScript, calls) {
		old, err := result.Text()
		switch {
		case errors.Is(err, redis.Nil):
		case err != nil:
			failed = err
		default:
			// A script that ran twice, because its first reply got lost, finds
			// what it wrote itself: that stays.
			if h, _, err := decodeHead(old); err == nil && h.stamp != batch[i].head.stamp {
				replaced = append(replaced, indexed{key: batch[i].key, head: h})
			}
		}
	}
	// What stays in the index is removed when a selection meets it.
	_ = s.unindex(ctx, replaced)
	return failed
}
