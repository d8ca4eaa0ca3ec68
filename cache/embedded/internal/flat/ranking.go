// Rankings: which points are scored, and which are returned.

package flat

import (
	"cmp"
	"slices"
	"time"

	"github.com/askonce/askonce/cache"
)

// choice keeps the points at the smallest distances: as many as wanted, and
// all those at the same distance as the last of them.
type choice struct {
	wanted int32
	limit  int     // distances above it are too far
	within int32   // points held at most that far
	counts []int32 // points held by distance
	held   []chosen
}

// chosen is a point that was within the limit when it was scanned.
type chosen struct {
	slot     uint32
	distance uint16
}

func (c *choice) reset(wanted int) {
	clear(c.counts)
	c.wanted, c.limit, c.within, c.held = int32(wanted), len(c.counts)-1, 0, c.held[:0]
}

// add takes a point within the limit, and lowers the limit while enough are
// nearer.
func (c *choice) add(slot uint32, distance uint16) {
	c.held = append(c.held, chosen{slot, distance})
	c.counts[distance]++
	c.within++
	for c.within-c.counts[c.limit] >= c.wanted {
		c.within -= c.counts[c.limit]
		c.limit--
	}
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
