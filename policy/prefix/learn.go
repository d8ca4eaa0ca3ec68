// What was seen of a place: which of its lines come again.

package prefix

import (
	"hash/maphash"
	"strings"
	"sync"
)

const (
	recent    = 32  // requests of a place that are remembered
	enough    = 8   // of them, before their word counts
	maxLines  = 512 // of a text; what follows is not learned
	maxPlaces = 1024

	rareShare   = 0.25 // a line in fewer of the recent requests is another one each time
	commonShare = 0.85 // a line in as many is the same each time
)

// History remembers the lines of recent requests by the place that they had. It
// holds hashes, no text, in at most some 20 MB, and is safe for concurrent use.
type History struct {
	seed maphash.Seed

	mu     sync.Mutex
	places map[string]*past
}

// NewHistory returns a History that has seen nothing.
func NewHistory() *History {
	return &History{seed: maphash.MakeSeed(), places: make(map[string]*past)}
}

// past is the recent requests of one place.
type past struct {
	requests [recent][]uint64 // sets of line hashes, a ring
	next, n  int
	counts   map[uint64]int // in how many of them a line stood
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

// verdicts is a judgement of each line of a text, nil if nothing is known of it.
type verdicts map[string]share

// A share is in which part of the recent requests a line stood.
type share float64

func (s share) rare() bool   { return s <= rareShare }
func (s share) common() bool { return s >= commonShare }

// judge adds text to what was seen, and tells what was known of its lines
// before. It is nil where that is too little, or where most lines are new: a
// prompt that was changed is not volatile.
func (s Seen) judge(text string) verdicts {
	if s.history == nil {
		return nil
	}
	lines := distinctLines(text)
	hashes := make([]uint64, len(lines))
	for i, line := range lines {
		hashes[i] = maphash.String(s.history.seed, line)
	}
	s.history.mu.Lock()
	defer s.history.mu.Unlock()
	p := s.history.pastOf(s.place)
	known := p.shares(lines, hashes)
	p.add(hashes)
	return known
}

// distinctLines are the first lines of text that are not blank, each once.
func distinctLines(text string) []string {
	var lines []string
	seen := make(map[string]bool)
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || seen[line] {
			continue
		}
		seen[line] = true
		lines = append(lines, line)
		if len(lines) == maxLines {
			break
		}
	}
	return lines
}

func (h *History) pastOf(place string) *past {
	return placed(h.places, place, func() *past { return &past{counts: make(map[uint64]int)} })
}

// placed is what is known of a place, new if nothing was. Of too many places it
// forgets any: those that live come back.
func placed[T any](places map[string]*T, place string, fresh func() *T) *T {
	if known := places[place]; known != nil {
		return known
	}
	if len(places) >= maxPlaces {
		for other := range places {
			delete(places, other)
			break
		}
	}
	places[place] = fresh()
	return places[place]
}

func (p *past) shares(lines []string, hashes []uint64) verdicts {
	if p.n < enough {
		return nil
	}
	known := make(verdicts, len(lines))
	again := 0
	for i, line := range lines {
		known[line] = share(float64(p.counts[hashes[i]]) / float64(p.n))
		if known[line].common() {
			again++
		}
	}
	if again*2 < len(lines) {
		return nil
	}
	return known
}

func (p *past) add(hashes []uint64) {
	for _, hash := range p.requests[p.next] {
		if p.counts[hash]--; p.counts[hash] == 0 {
			delete(p.counts, hash)
		}
	}
	for _, hash := range hashes {
		p.counts[hash]++
	}
	p.requests[p.next] = hashes
	p.next = (p.next + 1) % recent
	p.n = min(p.n+1, recent)
}
