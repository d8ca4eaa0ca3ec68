// Taking a text apart, and comparing two.

package guard

import (
	"slices"
	"strings"
)

// Text is a text taken apart for comparison. It is read only once made.
type Text struct {
	numbers []string // in order of value
}

// Read takes a text apart.
func Read(text string) *Text {
	t := &Text{}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r < '0' || r > '9' }) {
		t.numbers = append(t.numbers, strings.TrimLeft(word, "0"))
	}
	slices.Sort(t.numbers)
	return t
}

// Compare returns the guards of the set that refuse to answer asked with what
// was stored for stored.
func (s Set) Compare(asked, stored *Text) Set {
	var refused Set
	if s.Has(Numbers) && !slices.Equal(asked.numbers, stored.numbers) {
		refused |= Of(Numbers)
	}
	return refused
}
