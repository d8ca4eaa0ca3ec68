// Sentences: where they end, and whether they stand for themselves.

package prefix

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A sentence is a part of a line.
type sentence struct {
	text    string // without the space behind it
	next    string // what follows in the line
	unclear bool   // a full stop in it may be its end
}

// sentences splits a line.
func sentences(line string) []sentence {
	var list []sentence
	start, unclear := 0, false
	for i := 0; i < len(line); i++ {
		switch endsAt(line, i) {
		case certain:
			list = append(list, sentence{text: line[start : i+1], next: line[i+1:], unclear: unclear})
			start, unclear = i+1, false
			for start < len(line) && line[start] == ' ' {
				start++
			}
		case possible:
			unclear = true
		}
	}
	if start < len(line) {
		list = append(list, sentence{text: line[start:], unclear: unclear})
	}
	return list
}

// An end is how certain it is that a sentence ends.
type end uint8

const (
	no end = iota
	possible
	certain
)

// endsAt tells whether a sentence ends with the byte at i.
func endsAt(line string, i int) end {
	c := line[i]
	if c != '.' && c != '!' && c != '?' || i+1 < len(line) && line[i+1] != ' ' {
		return no
	}
	after := strings.TrimLeft(line[i+1:], " ")
	if after == "" || c != '.' {
		return certain
	}
	word := line[strings.LastIndexByte(line[:i], ' ')+1 : i]
	next, _ := utf8.DecodeRuneInString(after)
	switch {
	case !unicode.IsUpper(next):
		return no
	case strings.Contains(word, ".") || isAbbreviation(word):
		return possible
	}
	return certain
}

// isAbbreviation reports whether a word could be one that a full stop belongs
// to: "Nov", "Dr", "Inc".
func isAbbreviation(word string) bool {
	return len(word) <= 4 && word != "" && unicode.IsUpper(rune(word[0])) && !strings.ContainsFunc(word, unicode.IsDigit)
}

// finding tells whether the sentence is volatile and stands for itself. new
// says that its line is another one in each request.
func (s *sentence) finding(isNew bool) (finding, bool) {
	why := sentenceReason(s.text)
	if why == "" || why == reasonSession && !isNew && looks(s.text) == "" {
		return finding{}, false
	}
	f := finding{text: s.text, reason: why}
	switch {
	case s.unclear:
		f.held = heldUnclear
	case refersBack(s.next):
		f.held = heldReferred
	}
	return f, true
}

// backReferences begin texts that take up what was said just before.
var backReferences = []string{"this ", "that ", "these ", "those ", "it ", "he ", "she ", "they ", "so ", "therefore", "thus ", "hence",
	"his ", "her ", "their ", "then ", "based on this", "based on the above", "because of this", "given this", "given that", "as such"}

// refersBack reports whether a text begins with a reference to what is before
// it.
func refersBack(text string) bool {
	text = strings.TrimLeft(text, " \t\n-*")
	for _, word := range backReferences {
		if hasPrefixFold(text, word) {
			return true
		}
	}
	return false
}

// A text may speak of where something stands in it: of what is before, or of its
// end.
var (
	backWords = []string{"above", "preceding", "aforementioned", "previous paragraph", "previous section", "previous line", "previous sentence", "previous text",
		"mentioned earlier", "the first part", "at the start", "at the top", "the first line"}
	endWords = []string{"the last line", "the last part", "the last paragraph", "at the end of this", "at the end of the text", "at the bottom"}
)

// references are where blocks speak of what stands before them, found when they
// are asked for.
type references struct {
	blocks []block
	read   bool
	back   int // the last block that does; -1 for none
	end    bool
}

// to reports whether a text that moves to the end would be looked for in vain, or
// be found where another one is meant.
func (r *references) to(f finding) bool {
	if !r.read {
		r.back, r.read = -1, true
		for i := range r.blocks {
			if names(r.blocks[i].text, backWords) {
				r.back = i
			}
			r.end = r.end || names(r.blocks[i].text, endWords)
		}
	}
	return r.end || r.back > f.block || r.back == f.block && !f.whole
}

// positionWords are all words by which a text speaks of where something stands.
var positionWords = slices.Concat(backWords, endWords, []string{"below", "following", "previous", "at the end"})

// namesPositions reports whether a text speaks of where something stands in it.
func namesPositions(blocks []block) bool {
	for i := range blocks {
		if names(blocks[i].text, positionWords) {
			return true
		}
	}
	return false
}

// names reports whether a text has one of words as a place.
func names(text string, words []string) bool {
	lower := strings.ToLower(text)
	for _, word := range words {
		if _, after, found := strings.Cut(lower, word); found && !isAmount(after) {
			return true
		}
	}
	return false
}

// isAmount reports whether a text begins with a number: "above 100 euros" is
// no place.
func isAmount(text string) bool {
	text = strings.TrimLeft(text, " $€£")
	return text != "" && isDigit(text[0])
}
