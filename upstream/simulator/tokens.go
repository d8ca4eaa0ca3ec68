// Usage: an estimate of tokens, and the pieces that a stream sends.

package simulator

import (
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
type usage struct{ prompt, output int }

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
		dst = append(dst, `,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},`+
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

// pieceLen is the length in bytes of the token that text, not empty, begins
// with: see the package comment for the rule.
func pieceLen(text string) int {
	start := 0
	if text[0] == ' ' && len(text) > 1 && isLetter(text[1:]) {
		start = 1
	}
	switch rest := text[start:]; {
	case isLetter(rest):
		return start + runLen(rest, longestWord, isLetter)
	case isDigit(rest):
		return runLen(rest, longestNumber, isDigit)
	case isSpace(rest):
		return runLen(rest, len(rest), isSpace)
	}
	_, size := utf8.DecodeRuneInString(text)
	return size
}

// runLen is the length of the run of at most limit characters of a kind.
func runLen(text string, limit int, kind func(string) bool) int {
	end := 0
	for n := 0; n < limit && end < len(text) && kind(text[end:]); n++ {
		if text[end] < utf8.RuneSelf {
			end++
			continue
		}
		_, size := utf8.DecodeRuneInString(text[end:])
		end += size
	}
	return end
}

// isLetter reports whether text begins with a letter of a script that writes
// words as runs of letters.
func isLetter(text string) bool {
	if len(text) == 0 {
		return false
	}
	if c := text[0]; c < utf8.RuneSelf {
		return 'a' <= c|0x20 && c|0x20 <= 'z'
	}
	const firstCJK = 0x2E80
	r, _ := utf8.DecodeRuneInString(text)
	return r < firstCJK && unicode.IsLetter(r)
}

func isDigit(text string) bool { return len(text) > 0 && '0' <= text[0] && text[0] <= '9' }

func isSpace(text string) bool {
	return len(text) > 0 && (text[0] == ' ' || '\t' <= text[0] && text[0] <= '\r')
}
