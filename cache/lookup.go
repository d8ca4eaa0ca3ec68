package cache

import (
	"context"
	"errors"
	"time"
)

// candidates is how many neighbours are asked for: enough to step over those
// whose answers are gone.
const candidates = 5

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

// semantic looks for an entry that answers a question of the same meaning.
func (s *search) semantic(ctx context.Context) *Entry {
	switch {
	case s.rules.Mode == ModeExact:
		s.missed(ReasonExactMode)
		return nil
	case s.req.Query == "":
		s.missed(Reason(s.req.NoQuery))
		return nil
	case s.c.embedder.off:
		s.missed(ReasonNoEmbedder)
		return nil
	}
	if !s.embed(ctx) {
		return nil
	}
	found, ok := s.nearest(ctx)
	if !ok {
		return nil
	}
	return s.verdict(ctx, found)
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

func (s *search) embed(ctx context.Context) bool {
	start := time.Now()
	vector, err := s.c.embed(ctx, s.req.Tenant, s.req.Query, s.within(s.c.opts.EmbedTimeout))
	s.receipt.EmbedTime = time.Since(start)
	switch {
	case isTooLong(err):
		s.missed(ReasonTooLong)
	case err != nil:
		s.degraded("embedder")
		s.missed(ReasonEmbedUnavailable)
	default:
		s.vector, s.receipt.Embedder = vector, s.c.identity
		return true
	}
	return false
}

func (s *search) nearest(ctx context.Context) ([]Candidate, bool) {
	start := time.Now()
	query := Nearest{
		Scope:        s.req.Scope.in(s.c.identity),
		Vector:       s.vector,
		K:            candidates,
		Tags:         s.req.Tags,
		ExpiresAfter: s.start.Add(s.req.MinFresh),
	}
	if s.req.HasMaxAge {
		query.CreatedSince = s.start.Add(-s.req.MaxAge)
	}
	found, err := ask(ctx, s.c.index, s.within(s.c.opts.IndexTimeout), func(ctx context.Context) ([]Candidate, error) {
		return s.c.opts.Index.Nearest(ctx, query)
	})
	s.receipt.SearchTime = time.Since(start)
	if err != nil {
		s.degraded("index")
		s.missed(ReasonIndexUnavailable)
		return nil, false
	}
	s.c.metrics.searchSeconds.Observe(s.receipt.SearchTime.Seconds())
	near := s.c.points.merge(&query, found)
	kept := s.c.negatives.without(s.req.Key, near)
	if len(kept) < len(near) {
		s.missed(ReasonSaidWrong)
	}
	return kept, true
}

// note puts the two nearest candidates on the receipt.
func (r *Receipt) note(found []Candidate) {
	r.Nearest, r.NearestKey, r.HasNearest = found[0].Similarity, found[0].Key, true
	if len(found) > 1 {
		r.RunnerUp, r.HasRunnerUp = found[1].Similarity, true
	}
}

// answerOf gets a candidate's entry, and removes the point if it has none.
func (s *search) answerOf(ctx context.Context, key Key) (*Entry, error) {
	if entry := s.c.l1.get(key, s.start); entry != nil {
		return s.ofScope(entry)
	}
	if entry := s.c.points.entry(s.req.Scope.in(s.c.identity), key); entry != nil {
		return s.ofScope(entry)
	}
	entry, err := s.c.fetchEntry(ctx, s.within(s.c.opts.StoreTimeout), key)
	switch {
	case errors.Is(err, ErrNotFound):
		s.receipt.Reason = ReasonOrphan
		s.c.queue.removePoint(key)
		return nil, err
	case err != nil:
		s.degraded("store")
		s.receipt.Reason = ReasonStoreUnavailable
		return nil, err
	}
	return s.ofScope(entry)
}

// ofScope refuses an entry that was not stored in the request's scope: an
// index that mixes scopes up must not make a wrong answer.
func (s *search) ofScope(entry *Entry) (*Entry, error) {
	if entry.Scope != s.req.Scope {
		s.c.log.Warn("cache: a point belongs to another scope than its entry; refused and removed", "entry", entry.Key)
		s.receipt.Reason = ReasonOrphan
		s.c.queue.removePoint(entry.Key)
		return nil, ErrNotFound
	}
	return entry, nil
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

// embed turns a tenant's text into its vector, which nobody may write to.
func (c *Cache) embed(ctx context.Context, tenant, text string, within patience) ([]float32, error) {
	key := newVectorKey(tenant, text)
	if vector, ok := c.vectors.get(key); ok {
		c.metrics.vectorsRemembered.Inc()
		return vector, nil
	}
	start := time.Now()
	vector, err := c.askEmbedder(ctx, text, within)
	if err == nil {
		c.metrics.vectorsEmbedded.Inc()
		c.metrics.embedSeconds.Observe(time.Since(start).Seconds())
		c.vectors.put(key, vector)
	}
	return vector, err
}

func (c *Cache) askEmbedder(ctx context.Context, text string, within patience) ([]float32, error) {
	return ask(ctx, c.embedder, within, func(ctx context.Context) ([]float32, error) {
		vectors, err := c.opts.Embedder.Embed(ctx, []string{text})
		if err != nil {
			return nil, err
		}
		if len(vectors) != 1 || len(vectors[0]) != c.dimensions {
			return nil, ErrDimension
		}
		return vectors[0], nil
	})
}
