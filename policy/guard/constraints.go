// Constraints: for whom, in which form, how long, at least or at most.

package guard

import (
	"math/bits"
	"strings"
)

// constraintsDiffer refuses where each text sets a constraint that the other
// does not, or one does, and they share most of what they are about.
func constraintsDiffer(a, b *Text) bool {
	if a.constraints == b.constraints {
		return false
	}
	return differ(a, b, a.lackConstraints(b), b.lackConstraints(a))
}

func (t *Text) lackConstraints(other *Text) lack {
	lacked := t.constraints &^ other.constraints &^ other.mentions
	if lacked&freeOf != 0 && other.has("free") {
		lacked &^= freeOf
	}
	words := bits.OnesCount64(uint64(lacked)) + bits.OnesCount64(uint64(lacked&(inSentences|freeOf)))
	return lack{any: lacked != 0, firm: lacked&^softConstraints != 0, words: words}
}

// constraint is a set of constraints.
type constraint uint64

const (
	atLeast constraint = 1 << iota
	atMost
	brief
	detailed
	inSentences // so many sentences, words, lines
	freeOf      // gluten-free
	firstFree   // followed by one for each row of constrained
)

// constrained are words behind "for" or "as" and what they mean: an audience or
// a form. Slashes part what means the same.
var constrained = constrainedWords(
	"for beginners newbies novices dummies", "for experts professionals",
	"for kids children toddlers", "for adults", "for seniors elderly", "for women ladies girls", "for men males boys", "for teens teenagers", "for babies infants",
	"for diabetics", "for vegans", "for vegetarians", "for students", "for teachers",
	"as json", "as csv", "as yaml yml", "as xml", "as table", "as list bullets bullet", "as markdown md", "as poem", "as haiku", "as email", "as essay",
	"as tweet", "as song", "as story", "as letter", "as limerick", "as pdf",
)

// mentioned are the words of constraints by themselves: who asks what a woman
// should wear asks for women.
var mentioned = mentionedWords()

func mentionedWords() map[string]constraint {
	all := map[string]constraint{
		"child": constrained["for kids"], "woman": constrained["for women"], "man": constrained["for men"], "man's": constrained["for men"],
		"baby": constrained["for babies"], "elder": constrained["for elderly"],
	}
	for phrase, c := range constrained {
		_, word, _ := strings.Cut(phrase, " ")
		all[word] |= c
		all[strings.TrimSuffix(word, "s")] |= c
	}
	for word := range sentences {
		all[word] = inSentences
	}
	return all
}

// softConstraints are often left out by who means them, or said in other ways
// ("more than one", "several"), and refuse only against another constraint.
var softConstraints = atLeast | atMost | detailed | constrained["for beginners"] | constrained["for experts"] | constrained["for students"]

func constrainedWords(rows ...string) map[string]constraint {
	all := make(map[string]constraint)
	for i, row := range rows {
		preposition, words, _ := strings.Cut(row, " ")
		for word := range strings.FieldsSeq(words) {
			all[preposition+" "+word] = firstFree << i
		}
	}
	return all
}

// readConstraint notes the constraint that begins at a word.
func (t *Text) readConstraint(at int) {
	switch word := t.word(at); word {
	case "for", "as", "in":
		t.readPrepositional(at, word)
	case "briefly":
		t.constrain(true, brief)
	case "free":
		t.constrain(t.gap(at) == "-", freeOf)
	case "at":
		t.constrain(t.word(at+1) == "least", atLeast)
		t.constrain(t.word(at+1) == "most", atMost)
	case "than":
		t.readComparison(at)
	case "or":
		number := t.is(at-1, figures|quantity)
		t.constrain(number && upwards[t.word(at+1)], atLeast)
		t.constrain(number && downwards[t.word(at+1)], atMost)
	default:
		number := t.is(at+1, figures)
		t.constrain(number && upwards[word], atLeast)
		t.constrain(number && downwards[word], atMost)
	}
}

// upwards and downwards are words of bounds: "10 or more", "under 10".
var (
	upwards   = map[string]bool{"more": true, "greater": true, "older": true, "over": true, "above": true}
	downwards = map[string]bool{"less": true, "fewer": true, "younger": true, "under": true, "below": true, "within": true}
)

// readComparison reads "more than 5", "no more than 5". "More than one" is but
// several.
func (t *Text) readComparison(at int) {
	if one := t.word(at + 1); one == "one" || one == "a" || !t.is(at+1, figures|quantity) {
		return
	}
	more, less := upwards[t.word(at-1)], downwards[t.word(at-1)]
	if t.word(at-2) == "no" || t.word(at-2) == "not" {
		more, less = less, more
	}
	t.constrain(more, atLeast)
	t.constrain(less, atMost)
}

// readPrepositional reads "for my kids", "as a table", "in one sentence". "For
// this child" is a detail.
func (t *Text) readPrepositional(at int, preposition string) {
	object := at + 1
	for object < len(t.tokens) && (t.is(object, determiner) || t.word(object) == "just") {
		object++
	}
	switch {
	case preposition == "in":
		t.readForm(object)
	case preposition == "as" || object == at+1 || t.word(at+1) == "my":
		t.constraints |= constrained[preposition+" "+t.word(object)]
	}
}

// readForm reads what follows "in": "short", "detail", "one sentence", "JSON
// format".
func (t *Text) readForm(at int) {
	word, next := t.word(at), t.word(at+1)
	switch {
	case word == "short", word == "brief":
		t.constrain(next == "" || t.pauses(at+1), brief)
	case word == "detail", word == "depth", word == "full" && next == "detail":
		t.constrain(true, detailed)
	case sentences[next]:
		t.constrain(t.is(at, figures|quantity) || word == "single" || word == "few", inSentences)
	case word == "bullet", word == "bullets":
		t.constraints |= constrained["as bullet"]
	case word == "table", next == "format", next == "form":
		t.constraints |= constrained["as "+word]
	}
}

var sentences = map[string]bool{"sentence": true, "sentences": true, "word": true, "words": true, "line": true, "lines": true, "paragraph": true, "paragraphs": true}

func (t *Text) constrain(does bool, c constraint) {
	if does {
		t.constraints |= c
	}
}
