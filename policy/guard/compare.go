// Comparing two texts.

package guard

// Compare returns the guards of the set that refuse to answer asked with what
// was stored for stored. Where a speaker corrects himself, the text is read
// both whole and from the correction on, and must be refused in each reading.
func (s Set) Compare(asked, stored *Text) Set {
	refused := s.compare(asked, stored)
	if asked.rest != nil && refused != None {
		refused = refused.compare(asked.rest, stored)
	}
	if stored.rest != nil && refused != None {
		refused = refused.compare(asked, stored.rest)
	}
	if asked.rest != nil && stored.rest != nil && refused != None {
		refused = refused.compare(asked.rest, stored.rest)
	}
	return refused
}

func (s Set) compare(a, b *Text) Set {
	var refused Set
	for g := range guards {
		if s.Has(g) && rules[g](a, b) {
			refused |= Of(g)
		}
	}
	return refused
}

// rules tell for each guard whether it refuses a pair. All are symmetric.
var rules = [guards]func(a, b *Text) bool{
	Numbers: numbersDiffer, Units: unitsDiffer, Dates: datesDiffer,
	Negation: negationDiffers, Opposites: areOpposites, Direction: directionDiffers,
	Kinds: kindsDiffer,
	Names: namesDiffer, Literals: literalsDiffer, Language: languageDiffers, Constraints: constraintsDiffer,
	Now: func(*Text, *Text) bool { return false }, // needs the answer's age: see [Text.AsksNow]
}

// sameRest is the least share of common words from which on two texts that
// differ in one thing differ in little else.
const sameRest = 0.6

// sameMatter is the same share for what is nearly always another question:
// "from x" and "to x", an opposite. Below it the two words may have nothing to
// do with each other, as in "susceptible to flu" and "die from flu".
const sameMatter = 0.4

// A lack is what one text has and the other lacks.
type lack struct {
	any  bool
	firm bool // one of them says something wherever it stands

	// words is how many of the text's words it is, if they are not to count
	// against what the texts share.
	words int
}

// differ refuses where each text lacks something of the other's, or one lacks
// something firm and they share most of what they are about: among many other
// words it may be a detail that does not change the answer.
func differ(a, b *Text, mine, others lack) bool {
	return mine.any && others.any || (mine.firm || others.firm) && overlapBut(a.content, b.content, mine.words+others.words) >= sameRest
}

// overlap is the Jaccard index of two sorted lists: what they share, by all
// that stands in either.
func overlap(a, b []string) float64 { return overlapBut(a, b, 0) }

// overlapBut is overlap without so many words in which they are known to differ.
func overlapBut(a, b []string, different int) float64 {
	common, i, j := 0, 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			common++
			i++
			j++
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	if all := len(a) + len(b) - common - different; all > 0 {
		return float64(common) / float64(all)
	}
	return 1
}
