// Taking a text apart: its words and its numbers.

package guard

import (
	"slices"
	"strings"
	"unicode"
)

// Text is a text taken apart for comparison. It is read only once made.
type Text struct {
	words   []string // in lower case, in order
	content []string // those that say what it is about, sorted, each once
	digits  []string // numbers written in digits, in order of value
	spelt   []string // numbers written in letters, as digits
	negated bool
}

// Read takes a text apart.
func Read(text string) *Text {
	t := &Text{}
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !isWordRune(r) }) {
		word = strings.Trim(strings.ReplaceAll(word, "’", "'"), "'")
		if word != "" {
			t.words = append(t.words, word)
		}
	}
	for i, word := range t.words {
		t.read(word, i)
	}
	slices.Sort(t.digits)
	slices.Sort(t.content)
	t.content = slices.Compact(t.content)
	return t
}

func isWordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\'' || r == '’'
}

// read notes what one word says.
func (t *Text) read(word string, at int) {
	for run := range strings.FieldsFuncSeq(word, func(r rune) bool { return r < '0' || r > '9' }) {
		t.digits = append(t.digits, strings.TrimLeft(run, "0"))
	}
	if digits, ok := numerals[word]; ok {
		t.spelt = append(t.spelt, digits)
	}
	switch {
	case t.negates(word, at):
		t.negated = true
	case !fillers[word]:
		t.content = append(t.content, word)
	}
}

// negates reports whether a word denies. "No" does where something follows that
// there is none of: not in "order no 5", nor where a speaker corrects himself,
// as in "no, I mean" and "no wait".
func (t *Text) negates(word string, at int) bool {
	if word == "no" {
		if at+1 == len(t.words) {
			return false
		}
		next := t.words[at+1]
		return !fillers[next] && !corrections[next] && (next[0] < '0' || next[0] > '9')
	}
	return negators[word] || strings.HasSuffix(word, "n't")
}

// has reports whether a word stands in the text before place end.
func (t *Text) has(word string, end int) bool { return slices.Contains(t.words[:end], word) }

var numerals = map[string]string{
	"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11",
	"twelve": "12", "fifteen": "15", "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "hundred": "100", "thousand": "1000",
}

var negators = set("not never without cannot cant dont doesnt didnt isnt wasnt wont couldnt shouldnt neither nor none nobody nothing except excluding")

var corrections = set("wait sorry actually rather hold scratch instead not no thanks thank")

// fillers are words that say little of what a question is about.
var fillers = set("a an the i i'm me my mine we our you your it its is are was were be been am do does did can could should would will shall may might must " +
	"have has had to of in on at for from with by and or if then than that this these those there here so as how what when where which who why " +
	"please tell just about into onto any some get got want need like")

func set(words string) map[string]bool {
	s := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		s[word] = true
	}
	return s
}
