// Copies of what was learned, for explanations: what these look at teaches
// nobody.

package prefix

import (
	"maps"
	"slices"
	"strings"
)

// Copy is what was seen of the places of one key, by itself.
func (h *History) Copy(key string) *History {
	copied := &History{seed: h.seed, places: make(map[string][]*past)}
	h.mu.Lock()
	defer h.mu.Unlock()
	for place, templates := range h.places {
		if !strings.HasPrefix(place, key+"\x00") {
			continue
		}
		for _, p := range templates {
			copied.places[place] = append(copied.places[place], p.copy())
			copied.hashes += p.size
		}
	}
	return copied
}

func (p *past) copy() *past {
	c := *p
	c.counts = maps.Clone(p.counts)
	for i := range c.requests {
		c.requests[i] = slices.Clone(p.requests[i])
	}
	return &c
}

// Empty reports whether nothing was seen.
func (h *History) Empty() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.places) == 0
}

// Copy is what was learned of all prefixes, by itself. It takes a millisecond or
// two.
func (r *Repeats) Copy() *Repeats {
	r.mu.Lock()
	defer r.mu.Unlock()
	copied := &Repeats{seed: r.seed, latest: maps.Clone(r.latest), older: maps.Clone(r.older), places: make(map[string]*odds, len(r.places))}
	for place, o := range r.places {
		known := *o
		copied.places[place] = &known
	}
	return copied
}
