// Which guards there are, and sets of them by name.

package guard

import (
	"fmt"
	"slices"
	"strings"
)

// Guard is one rule.
type Guard uint8

// The guards.
const (
	Numbers     Guard = iota // one text has a number or a version that the other has not
	Units                    // the same number of another unit or currency
	Dates                    // another date, month, weekday or time of day
	Negation                 // one text denies what the other does not
	Opposites                // one text has the opposite of a word of the other's
	Direction                // from x, and to x
	Kinds                    // another thing of the same kind: colour, country, drug
	Names                    // each names something else
	Literals                 // other quoted text, code, addresses
	Language                 // another language, of the text or of the answer
	Constraints              // another audience, form or length
	Now                      // one is about now, and the stored answer is no longer fresh
	guards                   // how many there are
)

var names = [guards]string{"numbers", "units", "dates", "negation", "opposites", "direction", "kinds",
	"names", "literals", "language", "constraints", "now"}

// String is the name in configurations, receipts and metrics.
func (g Guard) String() string { return names[g] }

// Revision counts changes of what guards refuse. Thresholds are bound to it:
// those that were certified under another one are void.
const Revision = 8

// Set is a set of guards.
type Set uint32

// None is the empty set.
const None Set = 0

// All is the set of all guards.
const All Set = 1<<guards - 1

// Of makes a set of guards.
func Of(list ...Guard) Set {
	var s Set
	for _, g := range list {
		s |= 1 << g
	}
	return s
}

// Has reports whether g is in the set.
func (s Set) Has(g Guard) bool { return s&(1<<g) != 0 }

// Names lists the set's guards by name, in the guards' order.
func (s Set) Names() []string {
	list := make([]string, 0, guards)
	for g := range guards {
		if s.Has(g) {
			list = append(list, g.String())
		}
	}
	return list
}

// String is the names joined by plus signs.
func (s Set) String() string { return strings.Join(s.Names(), "+") }

// Parse reads a set as configurations write it: names of guards, "all",
// "none", and names with a minus sign to take them out again, in order. A list
// that begins by taking out begins with all of usual.
func Parse(list []string, usual Set) (Set, error) {
	var s Set
	for i, item := range list {
		name, out := strings.CutPrefix(item, "-")
		if out && i == 0 {
			s = usual
		}
		g := Guard(slices.Index(names[:], name))
		switch {
		case item == "all":
			s = All
		case item == "none":
			s = None
		case !slices.Contains(names[:], name):
			return None, fmt.Errorf("%q is no guard; there are %s, and all and none", item, strings.Join(names[:], ", "))
		case out:
			s &^= Of(g)
		default:
			s |= Of(g)
		}
	}
	return s, nil
}
