// Usage: an estimate of tokens, and the pieces that a stream sends.

package simulator

import (
	"math"
	"strconv"
	"unicode"
	"unicode/utf8"
)

const (
	longestWord   = 8  // letters that are one token
	longestNumber = 3  // digits that are one token
	messageTokens = 3  // what a chat message costs beside its text
	replyTokens   = 3  // what the start of a chat answer costs
	imageTokens   = 85 // a low-detail image
)

// usage is the tokens of an answer.
type usage struct {
	prompt, output         int
	cached                 int // of the prompt: read from the prefix cache
	written, writtenHourly int // of the prompt: written to it, the latter for an hour
	free                   int // of the prompt: what limits do not count
}

// append writes the usage object; output is left out for embeddings.
func (u usage) append(dst []byte, ep endpoint) []byte {
	dst = append(dst, `{"prompt_tokens":`...)
	dst = strconv.AppendInt(dst, int64(u.prompt), 10)
	if ep != embeddingsEndpoint {
		dst = append(dst, `,"completion_tokens":`...)
		dst = strconv.AppendInt(dst, int64(u.output), 10)
	}
	dst = append(dst, `,"total_tokens":`...)
	dst = strconv.AppendInt(dst, int64(u.prompt+u.output), 10)
	if ep != embeddingsEndpoint {
		dst = append(dst, `,"prompt_tokens_details":{"cached_tokens":`...)
		dst = strconv.AppendInt(dst, int64(u.cached), 10)
		dst = append(dst, `,"audio_tokens":0},`+
			`"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,`+
			`"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}`...)
	}
	return append(dst, '}')
}

// countTokens estimates the tokens of a text.
func countTokens(text string) int {
	n := 0
	for len(text) > 0 {
		text = text[pieceLen(text):]
		n++
	}
	return n
}

// cutTokens returns the first limit tokens of text, and whether any were cut.
func cutTokens(text string, limit int) (string, bool) {
	end := 0
	for n := 0; n < limit && end < len(text); n++ {
		end += pieceLen(text[end:])
	}
	return text[:end], end < len(text)
}

// kind is what a character is to the estimate.
type kind uint8

const (
	single kind = iota // a token of its own
	letter
	digit
	space
)

// kinds of the ASCII characters.
var kinds = func() (k [utf8.RuneSelf]kind) {
	for c := range k {
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			k[c] = letter
		case '0' <= c && c <= '9':
			k[c] = digit
		case c == ' ' || '\t' <= c && c <= '\r':
			k[c] = space
		}
	}
	return k
}()

// longest is how many characters of a kind one token takes.
var longest = [...]int{single: 1, letter: longestWord, digit: longestNumber, space: math.MaxInt}

// kindAt is the kind and length of the character that text begins with. A
// letter is one of the scripts that write words as runs of letters.
func kindAt(text string) (kind, int) {
	if c := text[0]; c < utf8.RuneSelf {
		return kinds[c], 1
	}
	const firstCJK = 0x2E80
	r, size := utf8.DecodeRuneInString(text)
	if r < firstCJK && unicode.IsLetter(r) {
		return letter, size
	}
	return single, size
}

// pieceLen is the length in bytes of the token that text, not empty, begins
// with: see the package comment for the rule.
func pieceLen(text string) int {
	first, end := kindAt(text)
	if text[0] == ' ' && len(text) > 1 {
		if next, size := kindAt(text[1:]); next == letter {
			first, end = letter, 1+size
		}
	}
	for n := 1; n < longest[first] && end < len(text); n++ {
		if c := text[end]; c < utf8.RuneSelf && kinds[c] == first {
			end++ // most text is ASCII: spare it the call
			continue
		}
		k, size := kindAt(text[end:])
		if k != first {
			break
		}
		end += size
	}
	return end
}
