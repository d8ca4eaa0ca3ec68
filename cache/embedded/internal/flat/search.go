// Searches: a whole scan of a small scope, sign bits first in a large one.

package flat

import (
	"context"

	"github.com/askonce/askonce/cache"
)

// candidates is how many points of a large scope are scored by their vectors at
// least. Among 100,000 real questions the nearest was scored for 5,994 of 6,000
// others, and for all 4,201 whose nearest had a cosine of 0.6 or more.
const candidates = 192

// search is the working memory of one search, reused by later ones.
type search struct {
	layout    layout
	query     []int16
	inverse   float64
	signs     []uint64
	distances []uint16
	near      []uint8
	chosen    choice
	best      ranking
}

func newSearch(l layout) *search {
	s := &search{layout: l, query: make([]int16, l.stride)}
	if l.words > 0 {
		s.signs = make([]uint64, l.words)
		s.distances = make([]uint16, chunkPoints)
		s.near = make([]uint8, chunkPoints/lanes)
		s.chosen.counts = make([]int32, l.dimensions+1)
	}
	return s
}

// filter is what a point must have to be returned.
type filter struct {
	tags           []string
	since, expires int64
	onlyExpires    bool // it asks for nothing else
}

func (f *filter) admits(p *point) bool {
	return p.expires > f.expires && p.created >= f.since && hasTags(p.tags, f.tags)
}

// Nearest returns the points of the scope nearest to q.Vector, nearest first,
// equals by age. The caller has checked q.
func (x *Index) Nearest(ctx context.Context, q cache.Nearest) ([]cache.Candidate, error) {
	run := x.scratch.Get().(*search)
	defer x.scratch.Put(run)
	if err := Quantise(q.Vector, run.query[:x.layout.dimensions]); err != nil {
		return nil, err
	}
	run.inverse = float64(inverseNorm(run.query))
	f := filter{
		tags: q.Tags, since: q.CreatedSince.UnixMicro(), expires: q.ExpiresAfter.UnixMicro(),
		onlyExpires: len(q.Tags) == 0 && q.CreatedSince.IsZero(),
	}

	s := &x.shards[shardOf(q.Scope)]
	s.mu.RLock()
	defer s.mu.RUnlock()
	sc := s.scopes[q.Scope]
	if sc == nil {
		return []cache.Candidate{}, nil
	}
	run.best.reset(min(q.K, len(sc.slots)))
	var err error
	if sc.signs == nil {
		err = run.scanAll(ctx, s, sc, &f)
	} else {
		err = run.scanSigns(ctx, s, sc, &f)
	}
	if err != nil {
		return nil, err
	}
	return run.best.candidates(s), nil
}

// scanAll scores every point of the scope.
func (r *search) scanAll(ctx context.Context, s *shard, sc *scope, f *filter) error {
	for i, slot := range sc.slots {
		if i%chunkPoints == chunkPoints-1 && ctx.Err() != nil {
			return ctx.Err()
		}
		if p := s.at(slot); f.admits(p) {
			r.score(s, slot, p)
		}
	}
	return nil
}

// scanSigns scores the points whose sign bits are nearest. All points at the
// last distance are among them, so that duplicates compete by age.
func (r *search) scanSigns(ctx context.Context, s *shard, sc *scope, f *filter) error {
	for w := range r.signs {
		r.signs[w] = signWord(r.query, w)
	}
	r.chosen.reset(max(candidates, 4*r.best.k))
	for n, c := range sc.signs.chunks {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		slots := sc.slots[n*chunkPoints : min(len(sc.slots), (n+1)*chunkPoints)]
		r.scanChunk(s, c, slots, f)
	}
	for _, a := range r.chosen.held {
		if int(a.distance) <= r.chosen.limit {
			r.score(s, a.slot, s.at(a.slot))
		}
	}
	return nil
}

// scanChunk chooses among the points of a chunk.
func (r *search) scanChunk(s *shard, c *chunk, slots []uint32, f *filter) {
	blocks := (len(slots) + lanes - 1) / lanes
	near := r.near[:blocks]
	r.layout.kernels.scan(r.signs, c.bits[:blocks*lanes*r.layout.words], uint16(r.chosen.limit), r.distances, near)
	eachNear(near, func(at int) {
		d := r.distances[at]
		if at >= len(slots) || int(d) > r.chosen.limit || c.expires[at] <= f.expires {
			return
		}
		if f.onlyExpires || f.admits(s.at(slots[at])) {
			r.chosen.add(slots[at], d)
		}
	})
}

// score ranks a point by its cosine to the query.
func (r *search) score(s *shard, slot uint32, p *point) {
	dot := r.layout.kernels.dot(r.query, s.vector(slot))
	similarity := float64(dot) * r.inverse * float64(p.inverse)
	r.best.add(ranked{similarity: min(max(similarity, -1), 1), created: p.created, slot: slot})
}
