// A prompt as a provider reads it, from its first token on.

package simulator

import (
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/tidwall/gjson"
)

// Digests are taken where OpenAI's prefixes may end: at the least length of
// one, and then at every step.
const (
	leastPrefix = 1024
	prefixStep  = 128
)

// trail counts a prompt's tokens and sums up its beginnings. Envelopes are read
// in one order, whatever order their members came in: a provider parses them.
// Texts and schemas are taken as they stand.
type trail struct {
	sum    xxhash.Digest
	tokens int
	steps  []uint64   // digests of the first 1,024 tokens, of the first 1,152, …
	blocks []blockEnd // for marks
}

func newTrail() *trail {
	t := &trail{}
	t.sum.Reset()
	return t
}

// text adds the tokens of a text.
func (t *trail) text(s string) {
	for s != "" {
		end, n := 0, 0
		for room := t.nextStep() - t.tokens; n < room && end < len(s); n++ {
			end += pieceLen(s[end:])
		}
		t.write(s[:end], n)
		s = s[end:]
	}
	t.write("\xff", 0) // texts hold no such byte: it ends this one
}

// opaque adds what is not read token by token, such as an image.
func (t *trail) opaque(raw string, tokens int) {
	t.write(raw, 0)
	t.write("\xff", tokens)
}

func (t *trail) write(s string, tokens int) {
	_, _ = t.sum.WriteString(s) // never fails
	for t.tokens += tokens; t.tokens >= t.nextStep(); {
		t.steps = append(t.steps, t.sum.Sum64())
	}
}

// nextStep is the length at which the next digest is taken.
func (t *trail) nextStep() int { return leastPrefix + len(t.steps)*prefixStep }

// tools adds the definitions of tools, each a block.
func (t *trail) tools(list gjson.Result) {
	list.ForEach(func(_, tool gjson.Result) bool {
		t.text(string(appendEnvelope(nil, tool)))
		t.end(tool)
		return true
	})
}

// appendEnvelope writes an object with its members, and those of its
// "function", in the order of their names. Marks are no part of the prompt.
func appendEnvelope(dst []byte, v gjson.Result) []byte {
	if !v.IsObject() {
		return append(dst, v.Get("@ugly").Raw...)
	}
	members := object{}.parse(v)
	slices.SortStableFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
	dst = append(dst, '{')
	for _, m := range members {
		if m.name == cacheControl {
			continue
		}
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = append(gjson.AppendJSONString(dst, m.name), ':')
		if m.name == "function" {
			dst = appendEnvelope(dst, m.value)
		} else {
			dst = append(dst, m.value.Get("@ugly").Raw...)
		}
	}
	return append(dst, '}')
}
