// Texts cut into the pieces that a replayed stream sends.

package llm

import (
	"bytes"
	"iter"
	"unicode/utf8"
)

const (
	minPiece  = 32 // bytes; shorter texts are sent whole
	maxPieces = 32 // about so many for any text
	wordReach = 64 // how far from the wanted size a space is looked for
)

// pieces cuts the inside of a JSON string: before a space where there is one
// near, and never inside an escape, a surrogate pair or a UTF-8 sequence. An
// empty text is one empty piece.
func pieces(inner []byte) iter.Seq[[]byte] {
	size := max(minPiece, (len(inner)+maxPieces-1)/maxPieces)
	return func(yield func([]byte) bool) {
		for {
			cut := cutAt(inner, size)
			if !yield(inner[:cut]) || cut == len(inner) {
				return
			}
			inner = inner[cut:]
		}
	}
}

// cutAt is where the next piece of about size bytes ends.
func cutAt(inner []byte, size int) int {
	if len(inner) <= size {
		return len(inner)
	}
	reach := min(len(inner), size+wordReach)
	if space := bytes.IndexByte(inner[size:reach], ' '); space >= 0 {
		return size + space // no escape has a space in it
	}
	at := 0
	for at < size {
		at += unitLength(inner[at:])
	}
	return at
}

// unitLength is the length of the escape or rune at the start of s.
func unitLength(s []byte) int {
	if s[0] == '\\' {
		_, n := unescape(s)
		return n
	}
	_, n := utf8.DecodeRune(s)
	return n
}
