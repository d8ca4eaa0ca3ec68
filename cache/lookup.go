package cache

import (
	"context"
	"errors"
	"time"
)

// Lookup answers req from the cache alone: the entry, or nil for a miss. The
// receipt says why either way. It never fails: what could not be asked is a
// miss and stands on the receipt.
func (c *Cache) Lookup(ctx context.Context, req *Request) (*Entry, Receipt) {
	s := c.newSearch(req)
	entry := s.find(ctx)
	s.looked(entry)
	return entry, s.receipt
}

// Prefer is Lookup for a caller who goes on with another request in req's place
// if there is no answer: only a hit is counted, so that the two count once.
func (c *Cache) Prefer(ctx context.Context, req *Request) (*Entry, Receipt) {
	s := c.newSearch(req)
	entry := s.find(ctx)
	if entry != nil {
		s.looked(entry)
	}
	return entry, s.receipt
}

func (s *search) find(ctx context.Context) *Entry {
	entry := s.here(ctx)
	if entry == nil && s.looks() {
		entry = s.semantic(ctx)
	}
	return entry
}

// search is the work of one lookup.
type search struct {
	c       *Cache
	req     *Request
	rules   Rules
	start   time.Time
	receipt Receipt
	vector  []float32 // of the query text, once it was embedded
	watched *audit    // of a hit that shadow mode held back; nil: none
}

// within is the patience for one call of a dependency.
func (s *search) within(timeout time.Duration) patience {
	return patience{timeout, s.start.Add(s.c.opts.Budget)}
}

func (c *Cache) newSearch(req *Request) *search {
	rules, clamped := c.rules(req)
	return &search{c: c, req: req, rules: rules, start: time.Now(), receipt: Receipt{Clamped: clamped}}
}

// looked counts the lookup, whose entry is nil if it missed.
func (s *search) looked(entry *Entry) {
	took := time.Since(s.start)
	s.c.metrics.looked(&s.receipt, entry, took)
	s.c.savings.looked(s.req, s.receipt.Layer, entry, took)
}

// here looks for an entry under the request's own key.
func (s *search) here(ctx context.Context) *Entry {
	switch {
	case s.rules.Mode == ModeOff:
		s.receipt.Reason = ReasonOff
		return nil
	case s.req.NoCache:
		s.receipt.Reason = ReasonNoCache
		return nil
	}
	if entry := s.first(); entry != nil {
		return entry
	}
	return s.exact(ctx)
}

// first looks into the first-level cache.
func (s *search) first() *Entry {
	entry := s.c.l1.get(s.req.Key, s.start)
	if entry == nil {
		return nil
	}
	return s.accept(entry, LayerExact)
}

// exact looks into the store.
func (s *search) exact(ctx context.Context) *Entry {
	entry, err := s.c.fetchEntry(ctx, s.within(s.c.opts.StoreTimeout), s.req.Key)
	if err != nil {
		if !errors.Is(err, ErrNotFound) {
			s.degraded("store")
		}
		return nil
	}
	return s.accept(entry, LayerExact)
}

// accept makes entry the answer if it is this tenant's, of this kind, and the
// caller takes it.
func (s *search) accept(entry *Entry, layer Layer) *Entry {
	m := &entry.Meta
	if m.Tenant != s.req.Tenant || m.Namespace != s.req.Namespace || m.Kind != s.req.Kind {
		s.c.log.Error("cache: a driver returned an entry of another owner; refused", "entry", entry.Key)
		s.receipt.Reason = ReasonOrphan
		return nil
	}
	ok, why := s.req.accepts(m, s.start)
	if !ok {
		s.receipt.Reason = why
		return nil
	}
	s.receipt.Layer, s.receipt.Reason = layer, ""
	return entry
}

// missed sets the reason of a miss, unless an exact entry that the caller
// would not take has set one that says more.
func (s *search) missed(why Reason) {
	if s.receipt.Reason == "" {
		s.receipt.Reason = why
	}
}

func (s *search) degraded(dependency string) {
	s.receipt.Degraded = append(s.receipt.Degraded, dependency)
}

// fetchEntry reads an entry from the store into the first-level cache.
func (c *Cache) fetchEntry(ctx context.Context, within patience, key Key) (*Entry, error) {
	start := time.Now()
	rec, err := ask(ctx, c.store, within, func(ctx context.Context) (Record, error) {
		return c.opts.Store.Get(ctx, key)
	})
	var entry *Entry
	if err == nil {
		rec.Key = key
		entry, err = c.seal.open(rec)
	}
	switch {
	case errors.Is(err, ErrDamaged):
		c.metrics.fault(c.store.name, "damaged")
		c.log.Warn("a stored entry is damaged; treated as a miss", "entry", key)
		return nil, ErrNotFound
	case err != nil:
		return nil, err
	case !entry.Meta.Expires.After(start):
		return nil, ErrNotFound
	}
	held := c.l1.put(entry)
	if c.revoked.cover(entry, start, entry.Meta.Created) { // deleted while it was read
		c.l1.remove(key)
		return nil, ErrNotFound
	}
	return held, nil
}
