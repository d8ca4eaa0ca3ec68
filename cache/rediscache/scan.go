// Reading all entries, whosever they are.

package rediscache

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/askonce/askonce/cache"
)

const (
	// scanCount is how many keys a node looks at in one call: what others
	// wait for.
	scanCount = 500

	// scanEntries bounds the entries that are in memory at once.
	scanEntries = 32
)

var _ cache.Scanner = (*Store)(nil)

// Scan implements [cache.Scanner]. Redis has no order, so after means nothing:
// every call walks all keys of the database, node by node. What is there from
// the beginning to the end is yielded, some of it twice; an entry that a
// Cluster moves to another node meanwhile may be left out.
func (s *Store) Scan(ctx context.Context, _ cache.Key) iter.Seq2[cache.Record, error] {
	return func(yield func(cache.Record, error) bool) {
		nodes, err := s.nodes(ctx)
		for i := 0; i < len(nodes) && err == nil; i++ {
			var more bool
			if more, err = s.scanNode(ctx, nodes[i], yield); !more && err == nil {
				return
			}
		}
		if err != nil {
			yield(cache.Record{}, fault(ctx, "scan", err))
		}
	}
}

// nodes are the servers that hold entries: the one, or all masters of a
// Cluster.
func (s *Store) nodes(ctx context.Context) ([]redis.Cmdable, error) {
	cluster, ok := s.client.(*redis.ClusterClient)
	if !ok {
		return []redis.Cmdable{s.client}, ctx.Err()
	}
	var mu sync.Mutex
	var nodes []redis.Cmdable
	err := cluster.ForEachMaster(ctx, func(_ context.Context, node *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		nodes = append(nodes, node)
		return nil
	})
	return nodes, err
}

// scanNode yields the entries of one server. more is false once the caller has
// enough.
func (s *Store) scanNode(ctx context.Context, node redis.Cmdable, yield func(cache.Record, error) bool) (more bool, err error) {
	pattern := literal.Replace(s.names.entry) + "*"
	for cursor := uint64(0); ; {
		var names []string
		names, cursor, err = node.Scan(ctx, cursor, pattern, scanCount).Result()
		if err != nil {
			return false, err
		}
		for part := range slices.Chunk(names, scanEntries) {
			if more, err := s.yieldEntries(ctx, part, yield); !more || err != nil {
				return false, err
			}
		}
		if cursor == 0 {
			return true, nil
		}
	}
}

// literal takes their meaning from the characters of a glob pattern.
var literal = strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`, `^`, `\^`, `\`, `\\`)

// yieldEntries reads entries in one pipeline and yields them.
func (s *Store) yieldEntries(ctx context.Context, names []string, yield func(cache.Record, error) bool) (more bool, err error) {
	pipe := s.client.Pipeline()
	replies := make([]*redis.StringCmd, len(names))
	for i, name := range names {
		replies[i] = pipe.Get(ctx, name)
	}
	_, _ = pipe.Exec(ctx) // each reply has its error
	for i, name := range names {
		key, err := cache.ParseKey(strings.TrimPrefix(name, s.names.entry))
		if err != nil {
			continue // not an entry of ours, though it is named like one
		}
		text, err := replies[i].Result()
		if errors.Is(err, redis.Nil) {
			continue // it has expired since
		}
		if err != nil {
			return false, err
		}
		record := cache.Record{Key: key}
		head, size, err := decodeHead(text)
		if err != nil {
			err = fmt.Errorf("%w: %w", cache.ErrUnreadable, err)
		} else {
			record.Meta, record.Value = head.meta, []byte(text[size:])
		}
		if !yield(record, err) {
			return false, nil
		}
	}
	return true, nil
}
