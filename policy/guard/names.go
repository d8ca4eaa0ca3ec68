// Names: people, places, products, written with capitals.

package guard

import (
	"slices"
	"strings"
)

// namesDiffer refuses where each text names something that the other does not,
// and the rest is about the same. A name that only one has may be a detail.
func namesDiffer(a, b *Text) bool {
	x, y := a.strangers(b), b.strangers(a)
	return x > 0 && y > 0 && overlapBut(a.content, b.content, x+y) >= sameRest
}

// strangers counts the names that the other text does not have in any form.
func (t *Text) strangers(other *Text) int {
	n := 0
	for _, at := range t.names {
		if !other.knows(t.tokens[at].word, t) {
			n++
		}
	}
	return n
}

// knows reports whether a text has a word, another form of it, or what it is
// short for.
func (t *Text) knows(name string, of *Text) bool {
	name = strings.TrimSuffix(name, "'s")
	for i := range t.tokens {
		if alike(name, strings.TrimSuffix(t.tokens[i].word, "'s")) || t.initials(i, name) {
			return true
		}
	}
	if slices.ContainsFunc(t.names, func(at int) bool { return of.initialsOf(t.tokens[at].word, name) }) {
		return true
	}
	return slices.ContainsFunc(members[name], func(m member) bool { return slices.Contains(t.members, m) })
}

// alike reports whether two words are forms of one, or one is a slip of the
// pen: "Canada" and "Canadian", "Bangalore" and "Banglore".
func alike(a, b string) bool {
	common := 0
	for common < min(len(a), len(b)) && a[common] == b[common] {
		common++
	}
	restA, restB := a[common:], b[common:]
	if common >= 4 && max(len(restA), len(restB)) <= 3 || common >= 2 && len(restA)+len(restB) <= 1 {
		return true
	}
	return min(len(a), len(b)) >= 5 && (slip1(restA, restB) || len(restA) > 2 && len(restB) > 2 && slip2(restA, restB))
}

// slip1 reports whether two different rests are the same but for their first
// letter: it is another one, left out, or has changed places.
func slip1(a, b string) bool {
	if a == "" || b == "" {
		return len(a)+len(b) <= 1
	}
	return a[1:] == b[1:] || a[1:] == b || a == b[1:] || len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:]
}

// slip2 allows one more slip behind the first.
func slip2(a, b string) bool {
	for _, rest := range [][2]string{{a[1:], b[1:]}, {a[1:], b}, {a, b[1:]}} {
		x, y := rest[0], rest[1]
		for x != "" && y != "" && x[0] == y[0] {
			x, y = x[1:], y[1:]
		}
		if len(a)+len(b) > 8 && slip1(x, y) {
			return true
		}
	}
	return false
}

// initials reports whether the words from a place on begin with a name's
// letters.
func (t *Text) initials(at int, name string) bool {
	if len(name) < 2 || len(name) > 5 {
		return false
	}
	for i := range len(name) {
		for i > 0 && (t.word(at+i) == "of" || t.word(at+i) == "and" || t.word(at+i) == "the") {
			at++
		}
		if word := t.word(at + i); word == "" || word[0] != name[i] {
			return false
		}
	}
	return true
}

// initialsOf reports whether short is made of the initials of words of t, one
// of which is name.
func (t *Text) initialsOf(short, name string) bool {
	for at := range t.tokens {
		if !t.initials(at, short) {
			continue
		}
		for i := at; i < min(at+len(short)+2, len(t.tokens)); i++ {
			if t.tokens[i].word == name {
				return true
			}
		}
	}
	return false
}

// readNames finds words with a capital that is not due to a sentence's start,
// unless most of the text is in capitals, as titles are, or it is German, which
// writes all nouns with them.
func (t *Text) readNames() {
	capitals, longer, german := 0, 0, 0
	for at := range t.tokens {
		switch {
		case t.is(at, inGerman) && !t.is(at, inEnglish):
			german++
		case t.is(at, inEnglish) && !t.is(at, inGerman):
			german--
		}
		if t.is(at, filler|figures|quantity) {
			continue
		}
		longer++
		if !t.isCapital(at) {
			continue
		}
		capitals++
		if at > 0 && !t.startsClause(at) && len(t.tokens[at].word) > 1 {
			t.names = append(t.names, at)
		}
	}
	if 3*capitals > 2*longer && capitals > 2 || german > 0 {
		t.names = nil
	}
}

// startsClause reports whether a word may have its capital from where it
// stands: behind a full stop, a colon, a quotation mark.
func (t *Text) startsClause(at int) bool {
	return strings.ContainsAny(t.gap(at), ".!?:\n\"“«(-*") && !titles[t.word(at-1)]
}

// titles are abbreviations that stand in front of names.
var titles = map[string]bool{"dr": true, "mr": true, "mrs": true, "ms": true, "prof": true, "st": true}
