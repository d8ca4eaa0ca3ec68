// Counting the tokens of a text without spending much on it.

package estimate

import "unicode/utf8"

const (
	// maxRun bounds a run without spaces that the tokenizer gets at once.
	maxRun = 512

	// maxCounted bounds how much of a text is counted, in bytes: the tokenizer
	// is the most that an estimate costs.
	maxCounted = 4 << 10

	// samples is how many parts of a longer text are counted.
	samples = 8
)

// tokenizer counts the tokens of a text.
type tokenizer func(text string) int

// bytesPerToken is the usual ratio of English text; other texts have fewer
// bytes to a token, which the learned factor makes up for.
const bytesPerToken = 4

// countBytes is the estimate without a tokenizer.
func countBytes(text string) float64 { return float64(len(text)) / bytesPerToken }

// count is the number of tokens of text, exact up to maxCounted bytes.
func (t tokenizer) count(text string) float64 {
	if len(text) <= maxCounted {
		return float64(t.runs(text))
	}
	part, stride := maxCounted/samples, len(text)/samples
	tokens, bytes := 0, 0
	for i := range samples {
		piece := cut(text, i*stride, i*stride+part)
		tokens += t.runs(piece)
		bytes += len(piece)
	}
	return float64(tokens) * float64(len(text)) / float64(max(bytes, 1))
}

// runs counts text with its long runs cut.
func (t tokenizer) runs(text string) int {
	tokens, start, space := 0, 0, -1
	for i := range len(text) {
		switch c := text[i]; {
		case c == ' ' || c == '\n' || c == '\t':
			space = i
		case i-max(space, start) >= maxRun && utf8.RuneStart(c):
			tokens += t(text[start:i])
			start = i
		}
	}
	return tokens + t(text[start:])
}

// cut is text from about start to about end, without halves of characters.
func cut(text string, start, end int) string {
	for start < len(text) && !utf8.RuneStart(text[start]) {
		start++
	}
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end++
	}
	return text[min(start, len(text)):min(end, len(text))]
}

// Count is about how many tokens text has for model: counted by its tokenizer,
// or by bytes until that is loaded, which the first call begins.
func (e *Estimator) Count(model, text string) int {
	if count := e.tokenizers.of(model); count != nil {
		return int(count.count(text))
	}
	return int(countBytes(text))
}
