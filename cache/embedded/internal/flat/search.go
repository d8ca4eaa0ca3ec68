// Searches: a whole scan of a small scope, sign bits first in a large one.

package flat

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/askonce/askonce/cache"
)

// candidates is how many points of a large scope are scored by their vectors
// at least.
const candidates = 256

// search is the working memory of one search, reused by later ones.
type search struct {
	layout    layout
	query     []int16
	inverse   float64
	signs     []uint64
	distances []uint16
	near      []uint8
	counts    []int32 // accepted points by distance
	accepted  []accepted
	best      ranking
}

// accepted is a point within the limit when it was scanned.
type accepted struct {
	slot     uint32
	distance uint16
}

func newSearch(l layout) *search {
	s := &search{layout: l, query: make([]int16, l.stride)}
	if l.words > 0 {
		s.signs = make([]uint64, l.words)
		s.distances = make([]uint16, chunkPoints)
		s.near = make([]uint8, chunkPoints/lanes)
		s.counts = make([]int32, l.dimensions+1)
	}
	return s
}

// filter is what a point must have to be returned.
type filter struct {
	tags           []string
	since, expires int64
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
	f := filter{tags: q.Tags, since: q.CreatedSince.UnixMicro(), expires: q.ExpiresAfter.UnixMicro()}

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
	clear(r.counts)
	r.accepted = r.accepted[:0]
	want := int32(max(candidates, 4*r.best.k))
	limit, held := len(r.counts)-1, int32(0)
	for n, chunk := range sc.signs.chunks {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		slots := sc.slots[n*chunkPoints : min(len(sc.slots), (n+1)*chunkPoints)]
		blocks := (len(slots) + lanes - 1) / lanes
		near := r.near[:blocks]
		r.layout.kernels.scan(r.signs, chunk[:blocks*lanes*r.layout.words], uint16(limit), r.distances, near)
		eachNear(near, func(at int) {
			if at >= len(slots) || int(r.distances[at]) > limit || !f.admits(s.at(slots[at])) {
				return
			}
			d := r.distances[at]
			r.accepted = append(r.accepted, accepted{slots[at], d})
			r.counts[d]++
			held++
			for held-r.counts[limit] >= want {
				held -= r.counts[limit]
				limit--
			}
		})
	}
	for _, a := range r.accepted {
		if int(a.distance) <= limit {
			r.score(s, a.slot, s.at(a.slot))
		}
	}
	return nil
}

// score ranks a point by its cosine to the query.
func (r *search) score(s *shard, slot uint32, p *point) {
	dot := r.layout.kernels.dot(r.query, s.vector(slot))
	similarity := float64(dot) * r.inverse * float64(p.inverse)
	r.best.add(ranked{similarity: min(max(similarity, -1), 1), created: p.created, slot: slot})
}

// ranking keeps the best k.
type ranking struct {
	k     int
	floor float64 // nothing below it can be among them
	held  []ranked
}

type ranked struct {
	similarity float64
	created    int64
	slot       uint32
}

func (r *ranking) reset(k int) { r.k, r.floor, r.held = k, -2, r.held[:0] }

// add keeps c if it may be among the best; the surplus goes when it has grown
// to as many again.
func (r *ranking) add(c ranked) {
	if c.similarity < r.floor {
		return
	}
	r.held = append(r.held, c)
	if len(r.held) >= 2*r.k+16 {
		r.cut()
	}
}

func (r *ranking) cut() {
	slices.SortFunc(r.held, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.similarity, a.similarity), cmp.Compare(a.created, b.created),
			cmp.Compare(a.slot, b.slot))
	})
	if len(r.held) >= r.k {
		r.held = r.held[:r.k]
		r.floor = r.held[r.k-1].similarity
	}
}

// candidates returns the best, sorted, as the caller's own memory.
func (r *ranking) candidates(s *shard) []cache.Candidate {
	r.cut()
	out := make([]cache.Candidate, len(r.held))
	for i, c := range r.held {
		p := s.at(c.slot)
		out[i] = cache.Candidate{
			Key:        p.key,
			Similarity: c.similarity,
			Text:       p.text,
			Created:    time.UnixMicro(p.created).UTC(),
			Expires:    time.UnixMicro(p.expires).UTC(),
		}
	}
	return out
}
