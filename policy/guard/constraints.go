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

// readConstraints notes the constraint that begins at a word.
func (t *Text) readConstraint(at int) {
	word, next := t.word(at), t.word(at+1)
	switch word {
	case "for", "as", "in":
		t.readPrepositional(at, word)
	case "at":
		t.constrain(next == "least", atLeast)
		t.constrain(next == "most", atMost)
	case "than":
		before, number := t.word(at-1), t.is(at+1, figures|quantity) && t.word(at+1) != "one" && t.word(at+1) != "a"
		more, less := before == "more" || before == "greater", before == "less" || before == "fewer"
		if t.word(at-2) == "no" || t.word(at-2) == "not" {
			more, less = less, more
		}
		t.constrain(number && more, atLeast)
		t.constrain(number && less, atMost)
	case "briefly":
		t.constrain(true, brief)
	case "under", "below", "within":
		t.constrain(t.is(at+1, figures), atMost)
	case "over", "above":
		t.constrain(t.is(at+1, figures), atLeast)
	case "or":
		number := t.is(at-1, figures|quantity)
		t.constrain(number && (next == "more" || next == "older" || next == "above"), atLeast)
		t.constrain(number && (next == "less" || next == "fewer" || next == "younger" || next == "below"), atMost)
	case "free":
		t.constrain(t.gap(at) == "-", freeOf)
	}
}

// readPrepositional reads "for my kids", "as a table", "in one sentence".
func (t *Text) readPrepositional(at int, preposition string) {
	object := at + 1
	for object < len(t.tokens) && (t.is(object, determiner) || t.word(object) == "just") {
		object++
	}
	word, next := t.word(object), t.word(object+1)
	switch {
	case preposition == "for" && object > at+1 && t.word(at+1) != "my": // "for this child" is a detail
		return
	case preposition != "in":
		t.constraints |= constrained[preposition+" "+word]
		return
	}
	switch {
	case word == "short" || word == "brief":
		t.constrain(next == "" || t.pauses(object+1), brief)
	case word == "detail" || word == "depth" || word == "full" && next == "detail":
		t.constrain(true, detailed)
	case sentences[next]:
		t.constrain(t.is(object, figures|quantity) || word == "single" || word == "few", inSentences)
	case word == "bullet" || word == "bullets":
		t.constraints |= constrained["as bullet"]
	case word == "table" || next == "format" || next == "form":
		t.constraints |= constrained["as "+word]
	}
}

var sentences = map[string]bool{"sentence": true, "sentences": true, "word": true, "words": true, "line": true, "lines": true, "paragraph": true, "paragraphs": true}

func (t *Text) constrain(does bool, c constraint) {
	if does {
		t.constraints |= c
	}
}
