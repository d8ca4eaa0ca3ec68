package cache

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Get returns a tenant's live entry by its id; ErrNotFound if there is none
// (or it is another tenant's), ErrUnavailable if the store could not tell.
func (c *Cache) Get(ctx context.Context, tenant string, key Key) (*Entry, error) {
	entry := c.l1.get(key, time.Now())
	if entry == nil {
		var err error
		entry, err = c.fetchEntry(ctx, patience{timeout: c.opts.StoreTimeout}, key)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
	if entry == nil || entry.Meta.Tenant != tenant {
		return nil, ErrNotFound
	}
	return entry, nil
}

// Delete removes a tenant's entry and its point. It reports whether the entry
// was there; an answer to the same request that is still on its way is not
// kept either.
func (c *Cache) Delete(ctx context.Context, tenant string, key Key) (bool, error) {
	if _, err := c.Get(ctx, tenant, key); err != nil {
		if errors.Is(err, ErrNotFound) {
			return false, nil
		}
		return false, err
	}
	c.revoked.add(revocation{key: key})
	if err := c.queue.flush(ctx); err != nil {
		return false, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	n, err := c.remove(ctx, []Key{key})
	c.revoked.add(revocation{key: key}) // what was read before this moment is gone too
	return n > 0, err
}

// Invalidate removes what by selects, answers on their way included, and
// returns how many entries there were. With dryRun it only counts.
func (c *Cache) Invalidate(ctx context.Context, by Selector, dryRun bool) (int, error) {
	if by.Tenant == "" {
		return 0, errors.New("cache: an invalidation names its tenant")
	}
	if !dryRun {
		c.revoked.add(revocation{by: by})
	}
	if err := c.queue.flush(ctx); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	keys := make(map[Key]struct{})
	for found, err := range c.opts.Store.Select(ctx, by) {
		if err != nil {
			return 0, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		keys[found.Key] = struct{}{}
	}
	for _, key := range c.l1.matching(by) { // entries whose durable write failed
		keys[key] = struct{}{}
	}
	if dryRun {
		return len(keys), nil
	}
	n, err := c.remove(ctx, slices.Collect(maps.Keys(keys)))
	c.revoked.add(revocation{by: by}) // what was read before this moment is gone too
	return n, err
}

// removeBatch is how many entries one call of a driver removes.
const removeBatch = 512

// remove deletes entries everywhere and returns how many there were.
func (c *Cache) remove(ctx context.Context, keys []Key) (int, error) {
	gone := 0
	for len(keys) > 0 {
		batch := keys[:min(removeBatch, len(keys))]
		keys = keys[len(batch):]
		n, err := c.removeSome(ctx, batch)
		gone += n
		if err != nil {
			return gone, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
	return gone, nil
}

func (c *Cache) removeSome(ctx context.Context, keys []Key) (int, error) {
	n, err := ask(ctx, c.store, patience{timeout: c.opts.WriteTimeout}, func(ctx context.Context) (int, error) {
		return c.opts.Store.Delete(ctx, keys)
	})
	inMemory := 0
	for _, key := range keys { // behind the store, from which a lookup may just have read them
		if c.l1.remove(key) {
			inMemory++
		}
	}
	if err != nil {
		return 0, err
	}
	c.deletePoints(ctx, keys)
	return max(n, inMemory), nil
}

// deletePoints removes points; one that stays is an orphan, which is a miss
// and removed when it is met.
func (c *Cache) deletePoints(ctx context.Context, keys []Key) {
	if c.index.off {
		return
	}
	_, _ = ask(ctx, c.index, patience{timeout: c.opts.WriteTimeout}, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.opts.Index.Delete(ctx, keys)
	})
}

// revocation is a deletion that answers on their way must not undo.
type revocation struct {
	key Key      // if not zero, this entry
	by  Selector // else what it selects
	at  time.Time
}

// revocations are the latest deletions. They are few, and each counts only as
// long as a flight can last.
type revocations struct {
	mu   sync.RWMutex
	list []revocation
}

const (
	revocationsKept = 1024
	revocationLife  = time.Hour
)

func (r *revocations) add(what revocation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	what.at = time.Now()
	for len(r.list) > 0 && (len(r.list) >= revocationsKept || what.at.Sub(r.list[0].at) > revocationLife) {
		r.list = r.list[1:]
	}
	r.list = append(r.list, what)
}

// cover reports whether an entry that was made or read from start on was
// deleted since. created is when it was made: for an answer that is on its
// way, when its question was asked.
func (r *revocations) cover(e *Entry, start, created time.Time) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	m := e.Meta
	m.Created = created
	for i := len(r.list) - 1; i >= 0 && !r.list[i].at.Before(start); i-- {
		what := &r.list[i]
		if what.key == e.Key || what.key == (Key{}) && what.by.Matches(m) {
			return true
		}
	}
	return false
}
