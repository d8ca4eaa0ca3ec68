// Shards: scopes and the slabs their points live in.

package flat

import (
	"sync"

	"github.com/askonce/askonce/cache"
)

// slabSize is how many points are allocated together. A slab of 384
// components takes about 110 KB; its vectors are freed when it empties.
const slabSize = 128

// shard holds some of the scopes.
type shard struct {
	layout layout
	mu     sync.RWMutex
	scopes map[cache.Scope]*scope
	slabs  []*slab
	open   []int // slabs that have free slots
	idle   *slab // the one slab that is empty and keeps its memory
}

// slab is room for slabSize points. Slot n of a shard is place n%slabSize of
// slab n/slabSize.
type slab struct {
	vectors []int16
	points  []point
	free    []uint8
}

// point is what the index knows of a point, but for its vector.
type point struct {
	key      cache.Key
	created  int64
	expires  int64
	scope    *scope
	text     string
	tags     string
	inverse  float32 // 1 / length of the fixed-point vector
	position uint32  // in scope.slots
}

// at returns the point in slot.
func (s *shard) at(slot uint32) *point {
	return &s.slabs[slot/slabSize].points[slot%slabSize]
}

// vector returns the fixed-point vector in slot.
func (s *shard) vector(slot uint32) []int16 {
	n := s.layout.stride
	from := int(slot%slabSize) * n
	return s.slabs[slot/slabSize].vectors[from : from+n : from+n]
}

// addLocked stores p in a free slot and enters it in its scope.
func (s *shard) addLocked(p Point) uint32 {
	sc := s.scopes[p.Scope]
	if sc == nil {
		sc = &scope{id: p.Scope}
		s.scopes[p.Scope] = sc
	}
	slot := s.take()
	v := s.vector(slot)
	clear(v[copy(v, p.Vector):])
	*s.at(slot) = point{
		key: p.Key, created: p.Created, expires: p.Expires, scope: sc,
		text: p.Text, tags: p.Tags, inverse: inverseNorm(v),
	}
	sc.add(s, slot)
	return slot
}

func (s *shard) remove(slot uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeLocked(slot)
}

func (s *shard) removeLocked(slot uint32) {
	p := s.at(slot)
	sc := p.scope
	sc.remove(s, p.position)
	if len(sc.slots) == 0 {
		delete(s.scopes, sc.id)
	}
	*p = point{}
	s.give(slot)
}

// take returns a free slot.
func (s *shard) take() uint32 {
	if len(s.open) == 0 {
		s.open = append(s.open, len(s.slabs))
		s.slabs = append(s.slabs, newFreeSlab())
	}
	n := s.open[len(s.open)-1]
	b := s.slabs[n]
	if b.vectors == nil {
		b.vectors = make([]int16, slabSize*s.layout.stride)
		b.points = make([]point, slabSize)
	}
	if s.idle == b {
		s.idle = nil
	}
	last := len(b.free) - 1
	at := b.free[last]
	b.free = b.free[:last]
	if last == 0 {
		s.open = s.open[:len(s.open)-1]
	}
	return uint32(n)*slabSize + uint32(at)
}

// give makes slot free again, and lets go of an empty slab's memory if there
// is another one already.
func (s *shard) give(slot uint32) {
	n := int(slot / slabSize)
	b := s.slabs[n]
	if len(b.free) == 0 {
		s.open = append(s.open, n)
	}
	b.free = append(b.free, uint8(slot%slabSize))
	switch {
	case len(b.free) < slabSize:
	case s.idle == nil:
		s.idle = b
	default:
		b.vectors, b.points = nil, nil
	}
}

func newFreeSlab() *slab {
	b := &slab{free: make([]uint8, slabSize)}
	for i := range b.free {
		b.free[i] = uint8(slabSize - 1 - i)
	}
	return b
}
