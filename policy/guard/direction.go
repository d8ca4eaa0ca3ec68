// Direction: from x, and to x.

package guard

import "slices"

// directionDiffers refuses "from x" for "to x", and "x to y" for "y to x".
func directionDiffers(a, b *Text) bool {
	froms, tos := a.after("from"), a.after("to", "into", "onto")
	otherFroms, otherTos := b.after("from"), b.after("to", "into", "onto")
	if turned(froms, otherFroms, tos, otherTos) || turned(otherFroms, froms, otherTos, tos) {
		return overlap(a.content, b.content) >= sameMatter
	}
	return swapped(a, b, tos, otherTos)
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
	for i := range t.tokens {
		if !slices.Contains(prepositions, t.tokens[i].word) {
			continue
		}
		for _, next := range t.tokens[i+1:] {
			if next.class&determiner == 0 {
				list = append(list, goal{next.word, i})
				break
			}
		}
	}
	return list
}

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
			if x.word != y.word && b.hasBefore(x.word, y.at) && a.hasBefore(y.word, x.at) && !isGoal(x.word, otherTos) && !isGoal(y.word, tos) {
				return true
			}
		}
	}
	return false
}
