// Comparing two texts.

package guard

import "slices"

// Compare returns the guards of the set that refuse to answer asked with what
// was stored for stored.
func (s Set) Compare(asked, stored *Text) Set {
	var refused Set
	for g := range guards {
		if s.Has(g) && rules[g](asked, stored) {
			refused |= Of(g)
		}
	}
	return refused
}

// rules tell for each guard whether it refuses a pair. All are symmetric.
var rules = [guards]func(a, b *Text) bool{
	Numbers: numbersDiffer, Negation: negationDiffers, Opposites: areOpposites, Direction: directionDiffers,
}

// numbersDiffer refuses where each text has a number that the other has not, or
// one has, and they share most of what they are about: a number among many
// other words may be a detail that does not change the answer. "2" and "two"
// are the same; a number in letters alone is often no number ("two-factor"),
// and refuses nothing.
func numbersDiffer(a, b *Text) bool {
	if slices.Equal(a.digits, b.digits) || slices.Equal(a.numbers(), b.numbers()) {
		return false
	}
	mine, others := lacks(b.numbers(), a.digits), lacks(a.numbers(), b.digits)
	return mine && others || overlap(a.content, b.content) >= sameRest
}

// lacks reports whether a list has not all that are wanted, as often.
func lacks(have, wanted []string) bool {
	i := 0
	for _, w := range wanted {
		for i < len(have) && have[i] < w {
			i++
		}
		if i == len(have) || have[i] != w {
			return true
		}
		i++
	}
	return false
}

func (t *Text) numbers() []string {
	all := slices.Concat(t.digits, t.spelt)
	slices.Sort(all)
	return all
}

// sameRest is the least share of common words from which on two texts that
// differ in a number or a negation differ in little else.
const sameRest = 0.6

// negationDiffers refuses where one text denies, the other does not, and they
// share most of what they are about. Texts with other words may say the same
// thing without a denial: "I can't log in", "my login fails".
func negationDiffers(a, b *Text) bool {
	return a.negated != b.negated && overlap(a.content, b.content) >= sameRest
}

// overlap is the Jaccard index of two sorted lists.
func overlap(a, b []string) float64 {
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
	if all := len(a) + len(b) - common; all > 0 {
		return float64(common) / float64(all)
	}
	return 1
}

// areOpposites refuses where one text has a word and the other its opposite,
// and neither has both.
func areOpposites(a, b *Text) bool {
	for _, word := range a.words {
		for _, other := range opposites[word] {
			if contains(b, other) && !contains(a, other) && !containsAny(b, opposites[other]) {
				return true
			}
		}
	}
	return false
}

func contains(t *Text, word string) bool { return t.has(word, len(t.words)) }

func containsAny(t *Text, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return contains(t, word) })
}

// directionDiffers refuses "from x" for "to x", and "x to y" for "y to x".
func directionDiffers(a, b *Text) bool {
	froms, tos := a.after("from"), a.after("to", "into", "onto")
	otherFroms, otherTos := b.after("from"), b.after("to", "into", "onto")
	return turned(froms, otherFroms, tos, otherTos) || turned(otherFroms, froms, otherTos, tos) || swapped(a, b, tos, otherTos)
}

// A goal is the word that a preposition governs, and where the preposition
// stands.
type goal struct {
	word string
	at   int
}

// after lists the goals of prepositions.
func (t *Text) after(prepositions ...string) []goal {
	var list []goal
	for i, word := range t.words {
		if !slices.Contains(prepositions, word) {
			continue
		}
		for _, next := range t.words[i+1:] {
			if !determiners[next] {
				list = append(list, goal{next, i})
				break
			}
		}
	}
	return list
}

var determiners = set("a an the my your our his her their its this that")

// turned reports whether a text goes from where the other goes to.
func turned(froms, otherFroms, tos, otherTos []goal) bool {
	for _, from := range froms {
		if isGoal(from.word, otherTos) && !isGoal(from.word, otherFroms) && !isGoal(from.word, tos) {
			return true
		}
	}
	return false
}

func isGoal(word string, goals []goal) bool {
	return slices.ContainsFunc(goals, func(g goal) bool { return g.word == word })
}

// swapped reports whether each text has the other's goal in front of its own.
func swapped(a, b *Text, tos, otherTos []goal) bool {
	for _, x := range tos {
		for _, y := range otherTos {
			if x.word != y.word && b.has(x.word, y.at) && a.has(y.word, x.at) && !isGoal(x.word, otherTos) && !isGoal(y.word, tos) {
				return true
			}
		}
	}
	return false
}
