// The index as its owner sees it: upsert, delete, sizes.

package flat

import (
	"sync"
	"sync/atomic"

	"github.com/askonce/askonce/cache"
)

// shardCount divides the scopes, so that a search of a large scope holds up
// no writer, and behind it no search, of most others.
const shardCount = 16

// Point is one point to index. The index keeps Text and Tags and copies
// Vector.
type Point struct {
	Key     cache.Key
	Scope   cache.Scope
	Created int64 // microseconds since 1970
	Expires int64 // microseconds since 1970
	Text    string
	Tags    string  // from PackTags
	Vector  []int16 // from Quantise
}

// Index holds points of one dimension. It is safe for concurrent use.
type Index struct {
	layout layout
	shards [shardCount]shard
	points atomic.Int64

	writer sync.Mutex // one writer at a time; guards where
	where  map[cache.Key]place

	scratch sync.Pool // *search
}

// place is a shard and a slot in it: 4 bits and 28.
type place uint32

func placeOf(shard int, slot uint32) place { return place(uint32(shard)<<28 | slot) }
func (p place) shard() int                 { return int(p >> 28) }
func (p place) slot() uint32               { return uint32(p) & (1<<28 - 1) }

// New returns an empty index for vectors with that many components, between 1
// and MaxDimensions.
func New(dimensions int) *Index { return newIndex(layoutOf(dimensions, available()[0])) }

func newIndex(l layout) *Index {
	x := &Index{layout: l, where: make(map[cache.Key]place)}
	for i := range x.shards {
		x.shards[i] = shard{layout: l, scopes: make(map[cache.Scope]*scope)}
	}
	x.scratch.New = func() any { return newSearch(l) }
	return x
}

// Len returns the number of points.
func (x *Index) Len() int { return int(x.points.Load()) }

// Upsert adds p, or replaces the point with the same key. A point that stays
// in its scope is replaced in one step; one that moves to another shard is for
// a moment in neither scope.
func (x *Index) Upsert(p Point) {
	x.writer.Lock()
	defer x.writer.Unlock()
	to := shardOf(p.Scope)
	old, replaces := x.where[p.Key]
	if replaces && old.shard() != to {
		x.shards[old.shard()].remove(old.slot())
	}
	s := &x.shards[to]
	s.mu.Lock()
	if replaces && old.shard() == to {
		s.removeLocked(old.slot())
	}
	slot := s.addLocked(p)
	s.mu.Unlock()
	x.where[p.Key] = placeOf(to, slot)
	if !replaces {
		x.points.Add(1)
	}
}

// Delete removes the point with that key, if there is one. It costs the same
// however many points there are.
func (x *Index) Delete(key cache.Key) {
	x.writer.Lock()
	defer x.writer.Unlock()
	at, ok := x.where[key]
	if !ok {
		return
	}
	delete(x.where, key)
	x.shards[at.shard()].remove(at.slot())
	x.points.Add(-1)
}

// shardOf spreads scopes, which are digests, evenly.
func shardOf(s cache.Scope) int { return int(s[0]) % shardCount }
