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
	switch e.class(r) {
	case classDropped:
	case classSpace:
		e.addWord()
	case classAlone:
		e.addWord()
		e.decomposed(r, raw)
		e.addWord()
	default:
		e.decomposed(r, raw)
	}
}

// Classes of runes. The table is part of the weights: it was made by asking
// the published tokenizer, whose Unicode tables are older than those of Go,
// and it keeps vectors the same when Go's tables change.
const (
	classWord = iota
	classSpace
	classAlone
	classDropped
)

// class looks r up in the table.
func (t *tokenizer) class(r rune) uint32 {
	low, high := 0, len(t.classes)/4
	for high-low > 1 {
		if middle := (low + high) / 2; uint32At(t.classes, middle)>>2 <= uint32(r) {
			low = middle
		} else {
			high = middle
		}
	}
	return uint32At(t.classes, low) & 3
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
	if r < utf8.RuneSelf {
		e.ascii(byte(r))
		return
	}
	switch e.class(r) {
	case classDropped:
	case classAlone:
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
