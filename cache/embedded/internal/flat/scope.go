// A scope: the list of its points, and sign bits once there are many.

package flat

import "github.com/askonce/askonce/cache"

// largeScope is the number of points from which a scope has sign bits; at half
// as many it drops them again. Below it, scoring every vector takes no longer.
const largeScope = 1024

// scope lists the slots of its points. Removal moves the last one into the
// hole, so that nothing is ever compacted.
type scope struct {
	id    cache.Scope
	slots []uint32
	signs *signs // nil while the scope is small
}

func (sc *scope) add(s *shard, slot uint32) {
	position := len(sc.slots)
	sc.slots = append(sc.slots, slot)
	s.at(slot).position = uint32(position)
	switch {
	case sc.signs != nil:
		sc.signs.set(position, s.vector(slot), s.at(slot).expires)
	case s.layout.words > 0 && len(sc.slots) >= s.layout.largeScope:
		sc.signs = newSigns(s.layout.words)
		for i, slot := range sc.slots {
			sc.signs.set(i, s.vector(slot), s.at(slot).expires)
		}
	}
}

func (sc *scope) remove(s *shard, position uint32) {
	last := len(sc.slots) - 1
	if int(position) != last {
		moved := sc.slots[last]
		sc.slots[position] = moved
		s.at(moved).position = position
		if sc.signs != nil {
			sc.signs.set(int(position), s.vector(moved), s.at(moved).expires)
		}
	}
	sc.slots = sc.slots[:last]
	if sc.signs != nil {
		sc.signs.truncate(last)
		if last <= s.layout.largeScope/2 {
			sc.signs = nil
		}
	}
	if cap(sc.slots) > 64 && len(sc.slots) < cap(sc.slots)/4 {
		sc.slots = append(make([]uint32, 0, 2*len(sc.slots)), sc.slots...)
	}
}
