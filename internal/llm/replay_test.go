// Replays: the answer comes back out of its stream, for every answer.

package llm

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// object is shorthand for a JSON object.
type object = map[string]any

// text draws texts of all lengths and scripts.
func text() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.Just(""),
		repeated(`[a-z]{1,9} `),
		repeated(`[日本語😀]{1,20}`),
		repeated(`[A-Za-z0-9+/]{20}`),
		repeated(`["\\\n/]{1,9}`),
	)
}

// repeated draws up to 60 matches of a pattern in a row.
func repeated(pattern string) *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.StringMatching(pattern), 0, 60), func(parts []string) string {
		return strings.Join(parts, "")
	})
}

// maybe adds a member sometimes.
func maybe(t *rapid.T, o object, name string, values ...any) {
	if rapid.Bool().Draw(t, name) {
		o[name] = rapid.SampledFrom(values).Draw(t, name+" value")
	}
}

// drawCall draws a tool call.
func drawCall(t *rapid.T) any {
	name := rapid.StringMatching(`[a-z_]{1,20}`).Draw(t, "name")
	if rapid.Bool().Draw(t, "custom") {
		return object{"id": "call_" + name, "type": "custom", "custom": object{"name": name, "input": text().Draw(t, "input")}}
	}
	return object{"id": "call_" + name, "type": "function", "function": object{"name": name, "arguments": text().Draw(t, "arguments")}}
}

// drawMessage draws the message of a choice.
func drawMessage(t *rapid.T) object {
	m := object{"role": "assistant", "content": text().Draw(t, "content")}
	maybe(t, m, "content", nil)
	maybe(t, m, "refusal", nil, "", "I will not")
	maybe(t, m, "reasoning_content", text().Draw(t, "reasoning"), nil)
	maybe(t, m, "annotations", []any{}, []any{object{"type": "url_citation", "n": 1.5}})
	maybe(t, m, "audio", nil, object{"id": "a", "data": "AAAA"})
	maybe(t, m, "function_call", nil, object{"name": "f", "arguments": text().Draw(t, "call")})
	maybe(t, m, "tool_calls", nil, []any{})
	if n := rapid.IntRange(0, 3).Draw(t, "calls"); n > 0 {
		calls := make([]any, n)
		for i := range calls {
			calls[i] = drawCall(t)
		}
		m["tool_calls"] = calls
	}
	return m
}

// drawAnswer draws a complete answer of an endpoint.
func drawAnswer(t *rapid.T, ep Endpoint) object {
	a := object{"id": "x-1", "object": "chat.completion", "created": 1700000000, "model": "m"}
	if ep == Completions {
		a["object"] = "text_completion"
	}
	var choices []any
	for i := range rapid.IntRange(1, 3).Draw(t, "choices") {
		c := object{"index": i, "finish_reason": rapid.SampledFrom([]string{"stop", "length", "tool_calls"}).Draw(t, "reason")}
		if ep == Chat {
			c["message"] = drawMessage(t)
			maybe(t, c, "logprobs", nil, object{"content": []any{object{"token": "a", "bytes": []int{97}}}, "refusal": nil})
		} else {
			c["text"] = text().Draw(t, "text")
			maybe(t, c, "logprobs", nil, object{"tokens": []string{"a", "b"}, "token_logprobs": []any{nil, -0.5}})
		}
		maybe(t, c, "content_filter_results", object{"hate": object{"filtered": false}})
		maybe(t, c, "stop_reason", nil, 7)
		choices = append(choices, c)
	}
	a["choices"] = choices
	maybe(t, a, "usage", nil, object{"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3})
	maybe(t, a, "system_fingerprint", nil, "fp_1")
	maybe(t, a, "service_tier", "default")
	maybe(t, a, "provider", "p", object{"a": []int{1}})
	return a
}

func TestReplayIsTheAnswer(t *testing.T) {
	for _, ep := range []Endpoint{Chat, Completions} {
		rapid.Check(t, func(r *rapid.T) {
			answer := drawAnswer(r, ep)
			includeUsage := rapid.Bool().Draw(r, "usage")
			doc := encode(r, answer)
			if rapid.Bool().Draw(r, "indented") {
				var indented bytes.Buffer
				if err := json.Indent(&indented, doc, "", "\t"); err != nil {
					r.Fatal(err)
				}
				doc = indented.Bytes()
			}
			stream, err := AppendStream([]byte("kept"), ep, doc, includeUsage)
			if err != nil {
				r.Fatal(err)
			}
			stream = bytes.TrimPrefix(stream, []byte("kept"))
			a := NewAssembler(ep)
			cut := rapid.IntRange(0, len(stream)).Draw(r, "cut")
			a.Write(stream[:cut])
			a.Write(stream[cut:])
			got, err := a.Answer()
			if err != nil {
				r.Fatalf("%s\n%v", stream, err)
			}
			if usage := answer["usage"]; usage == nil || !includeUsage {
				delete(answer, "usage")
			}
			want := canonicalJSON(t, encode(r, answer))
			if got := canonicalJSON(t, got); !bytes.Equal(got, want) {
				r.Fatalf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func encode(r *rapid.T, v any) []byte {
	doc, err := json.Marshal(v)
	if err != nil {
		r.Fatal(err)
	}
	return doc
}

// chunks are the documents of a stream's events.
func chunks(t *testing.T, stream []byte) []string {
	t.Helper()
	var docs []string
	for event := range strings.SplitSeq(strings.TrimSuffix(string(stream), "\n\n"), "\n\n") {
		doc, ok := strings.CutPrefix(event, "data: ")
		if !ok || strings.Contains(doc, "\n") {
			t.Fatalf("an event is not one data line: %q", event)
		}
		docs = append(docs, doc)
	}
	return docs
}

func TestReplayChunks(t *testing.T) {
	const answer = `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi","refusal":null},"logprobs":{"content":[{"token":"hi"}]},"finish_reason":"stop"}],"usage":{"total_tokens":3},"system_fingerprint":"fp"}`
	const head = `{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","system_fingerprint":"fp","choices":[`
	cases := []struct {
		includeUsage bool
		want         []string
	}{
		{false, []string{
			head + `{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}`,
			head + `{"index":0,"delta":{"content":"hi"},"logprobs":{"content":[{"token":"hi"}]},"finish_reason":null}]}`,
			head + `{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}`,
			`[DONE]`,
		}},
		{true, []string{
			head + `{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}`,
			head + `{"index":0,"delta":{"content":"hi"},"logprobs":{"content":[{"token":"hi"}]},"finish_reason":null}],"usage":null}`,
			head + `{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}`,
			head + `],"usage":{"total_tokens":3}}`,
			`[DONE]`,
		}},
	}
	for _, c := range cases {
		stream, err := AppendStream(nil, Chat, []byte(answer), c.includeUsage)
		if err != nil {
			t.Fatal(err)
		}
		got := chunks(t, stream)
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

func TestReplayPieces(t *testing.T) {
	words := strings.Repeat("some words and more ", 5000)
	cases := map[string]string{
		"words":     words,
		"no spaces": strings.Repeat("日本語", 9000),
		"escapes":   strings.Repeat(`\ud83d\ude00\n\\`, 5000),
		"base64":    strings.Repeat("abcd", 20000),
	}
	for name, inner := range cases {
		n, whole := 0, ""
		for piece := range pieces([]byte(inner)) {
			n++
			whole += string(piece)
			if !utf8.Valid(piece) || CheckJSON([]byte(`"`+string(piece)+`"`)) != nil {
				t.Errorf("%s: a piece is no text of its own: %.20q", name, piece)
			}
			if name == "words" && n > 1 && piece[0] != ' ' {
				t.Errorf("a word was cut: %.20q", piece)
			}
		}
		if whole != inner {
			t.Errorf("%s: the pieces are not the text", name)
		}
		if n < 10 || n > maxPieces+1 {
			t.Errorf("%s: %d pieces", name, n)
		}
	}
}

func TestReplayErrors(t *testing.T) {
	for _, c := range []struct {
		ep     Endpoint
		answer string
	}{
		{Chat, `{`}, {Chat, "{\n"}, {Chat, `[]`}, {Chat, `{"choices":[]}`}, {Chat, `{"choices":[{"text":"a"}]}`},
		{Completions, `{"choices":[{"message":{}}]}`}, {Embeddings, `{"data":[]}`},
	} {
		dst, err := AppendStream([]byte("kept"), c.ep, []byte(c.answer), false)
		if err == nil || string(dst) != "kept" {
			t.Errorf("%s: got %q, %v", c.answer, dst, err)
		}
	}
}
