// Literals: what is quoted, code, and addresses, which stand for themselves.

package guard

import (
	"slices"
	"strings"
)

// literalsDiffer refuses where each text has a literal that does not stand in
// the other, or one has an address, a path or code, and they share most of what
// they are about. Quotation marks alone may be mere emphasis.
func literalsDiffer(a, b *Text) bool {
	if len(a.literals) == 0 && len(b.literals) == 0 {
		return false
	}
	return differ(a, b, lackLiterals(a, b), lackLiterals(b, a))
}

func lackLiterals(t, other *Text) lack {
	var l lack
	if len(t.literals) == 0 {
		return l
	}
	source := plain(other.source)
	for _, lit := range t.literals {
		if strings.Contains(source, lit.text) || !lit.firm && other.says(lit.text) {
			continue
		}
		l.any, l.firm, l.words = true, l.firm || lit.firm, l.words+len(split(lit.text))
	}
	return l
}

// says reports whether a text has the words of a quotation in a row.
func (t *Text) says(quotation string) bool {
	words := split(quotation)
	for at := 0; at+len(words) <= len(t.tokens); at++ {
		if slices.EqualFunc(words, t.tokens[at:at+len(words)], func(a, b token) bool { return a.word == b.word }) {
			return true
		}
	}
	return false
}

// plain is a text in lower case with single spaces.
func plain(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), " ")) }

// A literal is in lower case, as people write names of code and addresses
// either way.
type literal struct {
	text string
	firm bool
}

// quotes are the pairs of marks around literals; backticks around code.
var quotes = []struct{ open, close string }{{"```", "```"}, {"`", "`"}, {`"`, `"`}, {"“", "”"}, {"«", "»"}, {"„", "“"}}

func (t *Text) readLiterals() {
	if strings.ContainsAny(t.source, "`\"“«„") {
		t.readQuoted(t.source)
	}
	if strings.ContainsAny(t.source, "/\\@_") || strings.Contains(t.source, "www.") {
		for field := range strings.FieldsSeq(t.source) {
			if field = strings.Trim(field, "`\"'“”‘’«»()[]{}<>,;:.?!*"); standsForItself(field) {
				t.addLiteral(field, true)
			}
		}
	}
}

// readQuoted takes what stands between marks.
func (t *Text) readQuoted(text string) {
	for i := 0; i < len(text); i++ {
		for _, q := range quotes {
			rest, ok := strings.CutPrefix(text[i:], q.open)
			if !ok || i > 0 && (isDigit(text[i-1]) || isLetter(text[i-1])) { // 5" is a measure
				continue
			}
			inside, _, closed := strings.Cut(rest, q.close)
			if !closed {
				continue
			}
			t.addLiteral(inside, q.open[0] == '`')
			i += len(q.open) + len(inside) + len(q.close) - 1
			break
		}
	}
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// addLiteral adds what has letters or digits, without the punctuation that
// American quotes take in.
func (t *Text) addLiteral(text string, firm bool) {
	whole := !firm && 2*len(text) > len(t.source) // in quotation marks for no reason
	text = strings.Trim(plain(text), " .,;:?!/\"`")
	if !whole && strings.IndexFunc(text, isWordRune) >= 0 {
		t.literals = append(t.literals, literal{text, firm})
	}
}

// standsForItself reports whether a word is an address, a path or an
// identifier. "and/or" and "km/h" are not.
func standsForItself(word string) bool {
	switch at := strings.IndexByte(word, '@'); {
	case strings.Contains(word, "://"), strings.HasPrefix(word, "www."):
		return true
	case at > 0:
		return strings.Count(word, "@") == 1 && isLetter(word[at-1]) && strings.Contains(word[at:], ".")
	case strings.HasPrefix(word, "/"), strings.HasPrefix(word, "~/"), strings.HasPrefix(word, "./"), strings.Contains(word, `:\`):
		return len(word) > 2
	}
	under := strings.Index(word, "_")
	return under > 0 && under < len(word)-1 && strings.Trim(word, "_") == word && !strings.Contains(word, "__")
}
