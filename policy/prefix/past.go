// The recent requests of one template, as sets of hashes.

package prefix

import (
	"hash/maphash"
	"strings"
)

// A unit is a part of a text that may come again: a line, a sentence of a line
// that has several, or the label of a fact.
type unit struct {
	text  string
	hash  uint64
	kind  unitKind
	label uint64 // of a line that is a fact: the hash of its label
}

type unitKind uint8

const (
	wholeLine unitKind = iota
	ofLine
	ofLabel
)

// linesOf are the units of a text's first lines, and whether there are more.
func (h *History) linesOf(text string) (units []unit, cut bool) {
	units = make([]unit, 0, 64)
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if len(units) == maxLines {
			return units, true
		}
		units = append(units, unit{text: line, hash: h.hash(line, wholeLine)})
	}
	return units, false
}

// partsOf are the units of a line's parts: its sentences, if there are several, or
// its label, if it is a fact.
func (h *History) partsOf(line string) []unit {
	if label, value := fact(line); label != "" && value != "" {
		return []unit{{text: label, hash: h.hash(label, ofLabel), kind: ofLabel}}
	}
	if !severalSentences(line) {
		return nil
	}
	var units []unit
	for _, s := range sentences(line) {
		text := strings.TrimSpace(s.text)
		units = append(units, unit{text: text, hash: h.hash(text, ofLine), kind: ofLine})
	}
	return units
}

// withParts are lines and the parts of those that are not the same each time.
func (h *History) withParts(lines []unit, p *past) []unit {
	for i := range lines {
		if p.n >= enough && p.share(lines[i].hash).common() {
			continue
		}
		parts := h.partsOf(lines[i].text)
		if len(parts) > 0 && parts[0].kind == ofLabel {
			lines[i].label = parts[0].hash
		}
		lines = append(lines, parts...)
	}
	return lines
}

// severalSentences reports whether a line may have more than one sentence.
func severalSentences(line string) bool {
	for rest := line; ; {
		i := strings.IndexByte(rest, ' ')
		if i < 0 {
			return false
		}
		if i > 0 && (rest[i-1] == '.' || rest[i-1] == '!' || rest[i-1] == '?') {
			return true
		}
		rest = rest[i+1:]
	}
}

func (h *History) hash(text string, kind unitKind) uint64 {
	return maphash.String(h.seed, text) ^ uint64(kind)
}

// past is the recent requests of one template.
type past struct {
	requests [recent][]uint64 // sets of hashes, a ring
	next, n  int
	counts   map[uint64]tally
	seq      uint32 // of the latest request
	size     int    // hashes in all sets

	steady, common int // bytes of the latest request that stood in most, in nearly all
}

// A tally is in how many of the requests a unit stood, and in which the last time.
type tally struct {
	count uint16
	seq   uint32
}

func newPast() *past { return &past{counts: make(map[uint64]tally)} }

func (p *past) share(hash uint64) share {
	return share(float64(p.counts[hash].count) / float64(max(p.n, 1)))
}

const (
	sameTemplate = 0.4 // a likeness from which on a text is of a template
	firstOfMany  = 0.3 // the same where one request was seen, variables and all
	sampled      = 96  // units that are compared at most
	inMost       = 0.5 // a line in more of the requests is steady
)

// likeness is how much of the smaller of the two, a text and what the requests of
// a template have in common, is in the other, by bytes; 0 if too little is.
func (p *past) likeness(units []unit) float64 {
	step := len(units)/sampled + 1
	compared, shared := 0, 0
	for i := 0; i < len(units); i += step {
		compared += len(units[i].text)
		if p.share(units[i].hash) > inMost {
			shared += len(units[i].text)
		}
	}
	like := float64(shared*step) / float64(max(min(compared*step, p.steady), 1))
	if least := sameTemplate; like < least && (p.n > 1 || like < firstOfMany) {
		return 0
	}
	return like
}

const (
	enoughCommon = 2000 // bytes of what is the same, from which on the rest may be longer than it
	mostCommon   = 0.8  // of what was the same in the latest request
)

// judge tells what is known of units; nil if that is too little.
func (p *past) judge(units []unit) *verdicts {
	if p.n < enough {
		return nil
	}
	known := &verdicts{varying: make(map[string]share)}
	all, common := 0, 0
	for i := range units {
		u := &units[i]
		s := p.share(u.hash)
		switch {
		case u.kind == ofLabel:
			continue
		case u.kind == wholeLine:
			all += len(u.text)
		}
		if s.common() {
			common += len(u.text)
			continue
		}
		if u.label != 0 && p.share(u.label).common() {
			s = 0 // its label is always there, and its value is not
		}
		known.varying[u.text] = s
	}
	latest := p.common
	p.common = common
	if common < enoughCommon && common*2 < all || float64(common) < mostCommon*float64(latest) {
		return nil
	}
	return known
}

// add adds a request, and returns by how many hashes the past has grown.
func (p *past) add(units []unit) int {
	before := p.size
	for _, hash := range p.requests[p.next] {
		t := p.counts[hash]
		if t.count--; t.count == 0 {
			delete(p.counts, hash)
		} else {
			p.counts[hash] = t
		}
	}
	p.size -= len(p.requests[p.next])
	p.seq++
	p.n = min(p.n+1, recent)
	p.steady = 0
	set := make([]uint64, 0, len(units))
	for i := range units {
		u := &units[i]
		t := p.counts[u.hash]
		if t.seq == p.seq && t.count > 0 {
			continue // it stands in the text twice
		}
		t = tally{t.count + 1, p.seq}
		p.counts[u.hash] = t
		set = append(set, u.hash)
		if share(float64(t.count)/float64(p.n)) > inMost {
			p.steady += len(u.text)
		}
	}
	p.requests[p.next] = set
	p.next = (p.next + 1) % recent
	p.size += len(set)
	return p.size - before
}
