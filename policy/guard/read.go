// Taking a text apart: its words, and what each guard looks for among them.

package guard

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is a text taken apart for comparison. It is read only once made.
type Text struct {
	source      string
	tokens      []token
	content     []string // the words that say what it is about, sorted, each once
	values      values
	moments     moments
	denials     []denial
	members     []member
	terms       []string // words and phrasal verbs that have opposites
	affixed     []affixed
	names       []int // places of words
	literals    []literal
	script      int
	language    class // the one it is clearly in; 0: none
	constraints constraint
	mentions    constraint // words of constraints that set none

	// rest is what stands behind the last place where the speaker corrects
	// himself; nil if he does not.
	rest *Text
}

// A token is a word or a number.
type token struct {
	word       string // in lower case, with straight apostrophes, and none at its ends
	start, end int    // its place in the source, in bytes
	class      class
}

// Read takes a text apart.
func Read(text string) *Text {
	t := read(text)
	if from := t.repair(); from > 0 {
		t.rest = read(text[from:])
	}
	return t
}

func read(text string) *Text {
	t := &Text{source: text, tokens: split(text)}
	t.content = make([]string, 0, len(t.tokens))
	for i := range t.tokens {
		if !t.negates(i) && !t.is(i, filler) {
			t.content = append(t.content, t.tokens[i].word)
		}
		t.readTerm(i)
		if t.is(i, constrains) {
			t.readConstraint(i)
			t.mentions |= mentioned[t.word(i)]
		}
	}
	slices.Sort(t.content)
	t.content = slices.Compact(t.content)
	t.readQuantities()
	t.readMembers()
	t.readNames()
	t.readLiterals()
	t.readScript()
	t.readLanguage()
	return t
}

// split cuts a text into words. Points, commas, colons, slashes and hyphens
// between two digits belong to the number.
func split(text string) []token {
	tokens := make([]token, 0, len(text)/5+1)
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if !isWordRune(r) {
			at += size
			continue
		}
		end, digits := endOfWord(text, at)
		if tok := trim(text, at, end); tok.word != "" {
			if tok.class = lexicon[strings.TrimSuffix(tok.word, "'s")]; digits {
				tok.class |= figures
			}
			tokens = append(tokens, tok)
		}
		at = end
	}
	return tokens
}

// endOfWord returns where the word ends, and whether there are digits in it.
func endOfWord(text string, at int) (end int, digits bool) {
	start, digit := at, false
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		joins := digit && strings.ContainsRune(".,:/-", r) && at+1 < len(text) && isDigit(text[at+1])
		if !joins && !isWordRune(r) {
			break
		}
		digit = r < utf8.RuneSelf && isDigit(byte(r))
		digits = digits || digit
		at += size
	}
	if at-start == 1 && strings.HasPrefix(text[at:], "#") {
		return at + 1, digits // C#
	}
	if at-start == 1 && strings.HasPrefix(text[at:], "++") {
		return at + 2, digits // C++
	}
	return at, digits
}

// trim makes a token of text[start:end] without the apostrophes at its ends.
func trim(text string, start, end int) token {
	raw := strings.TrimLeft(text[start:end], "'’")
	start = end - len(raw)
	raw = strings.TrimRight(raw, "'’")
	return token{word: strings.ReplaceAll(strings.ToLower(raw), "’", "'"), start: start, end: start + len(raw)}
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r|0x20 && r|0x20 <= 'z' || '0' <= r && r <= '9' || r == '\''
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '’'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// word is the one at a place, "" if there is none.
func (t *Text) word(at int) string {
	if at < 0 || at >= len(t.tokens) {
		return ""
	}
	return t.tokens[at].word
}

// gap is what stands between a word and the one in front of it.
func (t *Text) gap(at int) string {
	switch {
	case at < 0 || at > len(t.tokens):
		return ""
	case len(t.tokens) == 0:
		return t.source
	case at == 0:
		return t.source[:t.tokens[0].start]
	case at == len(t.tokens):
		return t.source[t.tokens[at-1].end:]
	}
	return t.source[t.tokens[at-1].end:t.tokens[at].start]
}

// pauses reports whether a punctuation mark that parts sentences or their
// parts stands in front of a word.
func (t *Text) pauses(at int) bool { return strings.ContainsAny(t.gap(at), ",;:.!?…()—–\n") }

// has reports whether a word stands in the text.
func (t *Text) has(word string) bool { return t.hasBefore(word, len(t.tokens)) }

// hasBefore reports whether a word stands in front of a place.
func (t *Text) hasBefore(word string, end int) bool {
	return slices.ContainsFunc(t.tokens[:end], func(tok token) bool { return tok.word == word })
}
