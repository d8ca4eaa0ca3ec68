package cache

// The semantic part of a lookup: the question's vector, its neighbours, and their
// entries. Which of them answers is decided in verdict.go.

import (
	"context"
	"errors"
	"time"
)

// candidates is how many neighbours are asked for: enough to step over those
// whose answers are gone.
const candidates = 5

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
