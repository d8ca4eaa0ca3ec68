package minilm

// From text to words: what BERT's uncased normaliser and splitter do.

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// encoder is one text on its way to ids.
type encoder struct {
	*tokenizer
	ids   []int32
	limit int
	word  word
}

// run splits text until it ends or more ids than the limit have come out.
func (e *encoder) run(text string) {
	for i := 0; i < len(text) && len(e.ids) <= e.limit; {
		c := text[i]
		switch {
		case c == '[' && e.special(text[i:], &i):
		case c < utf8.RuneSelf:
			e.ascii(c)
			i++
		default:
			r, size := utf8.DecodeRuneInString(text[i:])
			e.rune(r, text[i:i+size])
			i += size
		}
	}
	e.addWord()
}

// special reads the name of a special token: the published tokenizer takes
// these out of the raw text before anything else.
func (e *encoder) special(text string, at *int) bool {
	for _, s := range [...]struct {
		name string
		id   int32
	}{{"[CLS]", idStart}, {"[SEP]", idSeparator}, {"[UNK]", idUnknown}, {"[MASK]", 103}, {"[PAD]", 0}} {
		if strings.HasPrefix(text, s.name) {
			e.addWord()
			e.ids = append(e.ids, s.id)
			*at += len(s.name)
			return true
		}
	}
	return false
}

func (e *encoder) ascii(c byte) {
	switch {
	case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
		e.appendRune(rune(c))
	case c >= 'A' && c <= 'Z':
		e.appendRune(rune(c) + 'a' - 'A')
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		e.addWord()
	case c > ' ' && c < 0x7F:
		e.alone(rune(c))
	}
}

// rune takes a rune beyond ASCII; raw is its encoding in the text.
func (e *encoder) rune(r rune, raw string) {
	switch {
	case isDropped(r):
	case unicode.IsSpace(r):
		e.addWord()
	case isIdeograph(r):
		e.addWord()
		e.decomposed(r, raw)
		e.addWord()
	default:
		e.decomposed(r, raw)
	}
}

// decomposed takes the canonical decomposition of r without its marks.
func (e *encoder) decomposed(r rune, raw string) {
	if r >= hangulFirst && r < hangulFirst+hangulCount {
		e.hangul(r - hangulFirst)
		return
	}
	parts := norm.NFD.PropertiesString(raw).Decomposition()
	if parts == nil {
		e.lowered(r)
		return
	}
	for len(parts) > 0 {
		part, size := utf8.DecodeRune(parts)
		e.lowered(part)
		parts = parts[size:]
	}
}

// Syllables of Hangul decompose by arithmetic, Unicode section 3.12.
const (
	hangulFirst = 0xAC00
	hangulCount = 19 * hangulBlock
	hangulBlock = 21 * hangulTails
	hangulTails = 28
)

func (e *encoder) hangul(index rune) {
	e.appendRune(0x1100 + index/hangulBlock)
	e.appendRune(0x1161 + index%hangulBlock/hangulTails)
	if tail := index % hangulTails; tail > 0 {
		e.appendRune(0x11A7 + tail)
	}
}

// lowered takes one rune of a decomposition.
func (e *encoder) lowered(r rune) {
	switch {
	case r < utf8.RuneSelf:
		e.ascii(byte(r))
	case unicode.Is(unicode.Mn, r):
	case unicode.IsPunct(r):
		e.alone(r)
	default:
		e.appendRune(unicode.ToLower(r))
	}
}

// alone takes a rune that is a word of its own.
func (e *encoder) alone(r rune) {
	e.addWord()
	e.appendRune(r)
	e.addWord()
}

func (e *encoder) appendRune(r rune) {
	w := &e.word
	if w.runes < maxWord {
		end := 0
		if w.runes > 0 {
			end = w.ends[w.runes-1]
		}
		w.ends[w.runes] = end + utf8.EncodeRune(w.bytes[end:], r)
	}
	w.runes++
}

// isDropped reports runes that vanish: broken text, controls, formats.
func isDropped(r rune) bool {
	return r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co)
}

// isIdeograph reports runes of the CJK blocks, which are words of their own.
func isIdeograph(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF || r >= 0xF900 && r <= 0xFAFF ||
		r >= 0x20000 && r <= 0x2CEAF || r >= 0x2F800 && r <= 0x2FA1F
}
