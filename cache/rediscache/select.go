// Selections: pages of an index set, checked against the entries.

package rediscache

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askonce/askonce/cache"
)

const (
	// pageMembers is how many members of a set are looked at in one step.
	pageMembers = 500

	// putGrace is how old the stamp of a member without an entry must be for
	// it to be removed: younger ones may belong to a Put that is under way.
	putGrace = time.Minute
)

// cursor is a place in an index set: after the last member seen.
type cursor struct {
	score string
	last  string
}

// Select implements [cache.Store]. It walks the smallest set that the selector
// names. Entries that are written meanwhile may be left out.
func (s *Store) Select(ctx context.Context, by cache.Selector) iter.Seq2[cache.Selected, error] {
	return func(yield func(cache.Selected, error) bool) {
		if by.Tenant == "" {
			yield(cache.Selected{}, errNoTenant)
			return
		}
		tenant := s.names.tenant(digest(by.Tenant))
		set, err := s.smallestSet(ctx, tenant, by)
		at := cursor{score: "0"}
		for err == nil {
			var found []cache.Selected
			var more bool
			found, more, err = s.selectPage(ctx, tenant, set, by, &at)
			for _, f := range found {
				if !yield(f, nil) {
					return
				}
			}
			if err == nil && !more {
				return
			}
		}
		yield(cache.Selected{}, fault(ctx, "select", err))
	}
}

// smallestSet returns which of the sets that hold all of a selection has the
// fewest members.
func (s *Store) smallestSet(ctx context.Context, tenant tenantSets, by cache.Selector) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	sets := setsOf(cache.Meta{Namespace: by.Namespace, Model: by.Model, Tags: by.Tags})
	if len(sets) > 1 {
		sets = sets[1:] // any other is a part of the tenant's
	}
	pipe := s.client.Pipeline()
	sizes := make([]*redis.IntCmd, len(sets))
	for i, set := range sets {
		sizes[i] = pipe.ZCard(ctx, tenant.key(set))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return "", err
	}
	smallest := 0
	for i := range sets {
		if sizes[i].Val() < sizes[smallest].Val() {
			smallest = i
		}
	}
	return sets[smallest], nil
}

// selectPage looks at the members after the cursor, moves it, and returns what
// matches. Members that stand for nothing any more are removed.
func (s *Store) selectPage(ctx context.Context, tenant tenantSets, set string, by cache.Selector, at *cursor) (found []cache.Selected, more bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	page, err := pageScript.Run(ctx, s.client, []string{tenant.key(set)}, at.score, at.last, pageMembers).StringSlice()
	if err != nil || len(page) == 0 {
		return nil, false, err
	}
	at.last, at.score = page[len(page)-2], page[len(page)-1]
	members := make([]string, 0, len(page)/2)
	for pair := range slices.Chunk(page, 2) {
		members = append(members, pair[0])
	}
	heads, err := s.heads(ctx, members)
	if err != nil {
		return nil, false, err
	}
	var stale []any
	for i, m := range members {
		key, stamp, _ := splitMember(m)
		e := heads[i]
		switch {
		case e.unreadable:
		case e.missing || e.stamp != stamp || !slices.Contains(setsOf(e.meta), set):
			if time.Since(time.UnixMicro(stamp)) > putGrace {
				stale = append(stale, m)
			}
		case by.Matches(e.meta):
			found = append(found, cache.Selected{Key: key, Meta: e.meta})
		}
	}
	if len(stale) > 0 {
		err = s.client.ZRem(ctx, tenant.key(set), stale...).Err()
	}
	return found, true, err
}

// looked is what was found of a member's entry.
type looked struct {
	head
	missing    bool
	unreadable bool // damaged, or written by a newer program: left alone
}

// heads looks up the members' entries.
func (s *Store) heads(ctx context.Context, members []string) ([]looked, error) {
	keys := make([]string, len(members))
	for i, m := range members {
		key, _, ok := splitMember(m)
		if !ok {
			return nil, fmt.Errorf("%w: index member of %d bytes", ErrDamaged, len(m))
		}
		keys[i] = s.names.entryKey(key)
	}
	heads := make([]looked, len(keys))
	starts, err := s.starts(ctx, keys, headGuess)
	if err != nil {
		return nil, err
	}
	var long []int // heads that go on
	for i, start := range starts {
		if size, err := headSize(start); err == nil && size > len(start) {
			long = append(long, i)
			continue
		}
		heads[i] = look(start)
	}
	return heads, s.longHeads(ctx, keys, long, heads)
}

// longHeads reads the heads that were longer than expected.
func (s *Store) longHeads(ctx context.Context, keys []string, long []int, heads []looked) error {
	if len(long) == 0 {
		return nil
	}
	again := make([]string, len(long))
	for i, at := range long {
		again[i] = keys[at]
	}
	starts, err := s.starts(ctx, again, maxHead)
	if err != nil {
		return err
	}
	for i, at := range long {
		heads[at] = look(starts[i])
	}
	return nil
}

// look reads the first bytes of a record.
func look(start string) looked {
	if start == "" {
		return looked{missing: true}
	}
	h, _, err := decodeHead(start)
	return looked{head: h, unreadable: err != nil}
}

// starts returns the first bytes of each key, "" for one that is not there.
func (s *Store) starts(ctx context.Context, keys []string, size int64) ([]string, error) {
	pipe := s.client.Pipeline()
	cmds := make([]*redis.StringCmd, len(keys))
	for i, key := range keys {
		cmds[i] = pipe.GetRange(ctx, key, 0, size-1)
	}
	_, err := pipe.Exec(ctx)
	starts := make([]string, len(keys))
	for i, cmd := range cmds {
		starts[i] = cmd.Val()
	}
	return starts, err
}
