// What was seen of a place: which of its lines come again.

package prefix

import (
	"hash/maphash"
	"sync"
)

const (
	recent       = 16      // requests of a template that are remembered
	enough       = 4       // of them, before their word counts
	maxLines     = 512     // of a text; what follows is not learned
	minLearned   = 100     // bytes of a text that is worth learning
	maxTemplates = 8       // of a place
	maxHashes    = 1 << 20 // of all places

	rareShare   = 0.25 // a line in fewer of the recent requests is another one each time
	commonShare = 0.85 // a line in as many is the same each time
)

// History remembers what the texts of recent requests were made of, by the place
// that they had. It holds hashes, no text, in at most some 60 MB, and is safe for
// concurrent use.
type History struct {
	seed maphash.Seed

	mu     sync.Mutex
	places map[string][]*past // the templates of each
	hashes int
}

// NewHistory returns a History that has seen nothing.
func NewHistory() *History {
	return &History{seed: maphash.MakeSeed(), places: make(map[string][]*past)}
}

// At returns what was seen of places so far, for [Options.Learned]: key names
// namespace and model, the place is within a request. Text that a rewrite asks
// about is added to what was seen.
func (h *History) At(key string) func(place string) Seen {
	return func(place string) Seen { return Seen{history: h, place: key + "\x00" + place} }
}

// Seen is what was seen of one place. The zero value has seen nothing.
type Seen struct {
	history *History
	place   string
}

// verdicts are a judgement of a text's lines and sentences. nil: nothing is known.
type verdicts struct {
	varying map[string]share // what is not the same each time
	cut     bool             // the text was too long to be judged to its end
}

// A share is in which part of the recent requests a line stood.
type share float64

func (s share) rare() bool   { return s <= rareShare }
func (s share) common() bool { return s >= commonShare }

// of is the judgement of a line or a sentence.
func (v *verdicts) of(text string) (s share, judged bool) {
	if v == nil {
		return 0, false
	}
	if s, varies := v.varying[text]; varies {
		return s, true
	}
	return 1, !v.cut
}

// rare reports whether a line or a sentence is another one each time.
func (v *verdicts) rare(text string) bool {
	s, judged := v.of(text)
	return judged && s.rare()
}

// common reports whether it is the same each time.
func (v *verdicts) common(text string) bool {
	s, judged := v.of(text)
	return judged && s.common()
}

// judge adds text to what was seen of the template that it was made of, and tells
// what was known of it before. It is nil where that is too little, or where much
// of what all had is missing: a prompt that was changed is not volatile.
func (s Seen) judge(text string) *verdicts {
	if s.history == nil || len(text) < minLearned {
		return nil
	}
	lines, cut := s.history.linesOf(text)
	s.history.mu.Lock()
	defer s.history.mu.Unlock()
	p := s.history.template(s.place, lines)
	units := s.history.withParts(lines, p)
	known := p.judge(units)
	if known != nil {
		known.cut = cut
	}
	s.history.hashes += p.add(units)
	return known
}

// template is what was seen of the template that a text was made of, new if it is
// none of those known. The latest used stands first.
func (h *History) template(place string, units []unit) *past {
	known := h.places[place]
	best, most := -1, 0.0
	for i, p := range known {
		if like := p.likeness(units); like > most {
			best, most = i, like
		}
	}
	var p *past
	switch {
	case most >= sameTemplate:
		p = known[best]
		copy(known[1:best+1], known[:best])
	case len(known) < maxTemplates:
		h.makeRoom(place)
		p, known = newPast(), append(known, nil)
		copy(known[1:], known)
	default:
		gone := leastWorth(known)
		h.hashes -= known[gone].size
		p = newPast()
		copy(known[1:gone+1], known[:gone])
	}
	known[0] = p
	h.places[place] = known
	return p
}

// leastWorth is the template to be forgotten: one that was seen once, or the one
// that was used least lately.
func leastWorth(known []*past) int {
	for i := len(known) - 1; i > 0; i-- {
		if known[i].n == 1 {
			return i
		}
	}
	return len(known) - 1
}

// makeRoom forgets places, any but this one, while there are too many: those that
// live come back.
func (h *History) makeRoom(place string) {
	for other, templates := range h.places {
		if h.hashes < maxHashes && len(h.places) < maxPlaces {
			return
		}
		if other == place {
			continue
		}
		for _, p := range templates {
			h.hashes -= p.size
		}
		delete(h.places, other)
	}
}
