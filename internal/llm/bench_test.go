// What the hot path costs.

package llm

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// chatBody is a chat request with a system text, a question and one tool, of
// about 2 KB and extra bytes of image.
func chatBody(image int) []byte {
	earlier := ""
	if image > 0 {
		earlier = `{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,` + strings.Repeat("iVBORw0KGgo", image/11) + `"}}]},`
	}
	return fmt.Appendf(nil, `{"model":"gpt-4o","temperature":0.2,"messages":[{"role":"system","content":%q},%s{"role":"user","content":%q}],"tools":[{"type":"function","function":{"name":"lookup","description":"Looks an order up","parameters":{"type":"object","properties":{"order":{"type":"string"},"limit":{"type":"integer"}},"required":["order"]}}}]}`,
		strings.Repeat("You are the help desk of a shop. ", 40), earlier,
		strings.Repeat("Where is the parcel that I ordered last week?\n", 6))
}

func BenchmarkParseRequest(b *testing.B) {
	for name, body := range map[string][]byte{"2KB": chatBody(0), "1MB": chatBody(1 << 20), "20MB": chatBody(20 << 20)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if _, err := ParseRequest(Chat, body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	many := []byte(`{"model":"m","messages":[` + strings.Repeat(`{"role":"user","content":"a short turn of a long talk"},`, 18000) + `{"role":"user","content":"x"}]}`)
	b.Run("1MB-turns", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(many)))
		for b.Loop() {
			if _, err := ParseRequest(Chat, many); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// chatAnswer is an answer whose text has about size bytes.
func chatAnswer(size int) []byte {
	return fmt.Appendf(nil, `{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":%q,"refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":500,"completion_tokens":400,"total_tokens":900},"system_fingerprint":"fp_1"}`,
		strings.Repeat("the parcel is on its way ", size/25))
}

func BenchmarkAppendStream(b *testing.B) {
	for name, answer := range map[string][]byte{"2KB": chatAnswer(2 << 10), "1MB": chatAnswer(1 << 20)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(answer)))
			var dst []byte
			for b.Loop() {
				var err error
				if dst, err = AppendStream(dst[:0], Chat, answer, true); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// tokenStream is a stream of n chunks of one word each, as providers send it.
func tokenStream(n int) []byte {
	var out []byte
	for range n {
		out = append(out, events(`{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":" parcel"},"logprobs":null,"finish_reason":null}],"usage":null}`)...)
	}
	return append(out, events(`{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`, "[DONE]")...)
}

func BenchmarkAssembler(b *testing.B) {
	for _, n := range []int{400, 4000} {
		stream := tokenStream(n)
		b.Run(fmt.Sprintf("%dchunks", n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(stream)))
			for b.Loop() {
				a := NewAssembler(Chat)
				for piece := range slices.Chunk(stream, 250) {
					a.Write(piece)
				}
				if _, err := a.Answer(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseResponse(b *testing.B) {
	answer := chatAnswer(2 << 10)
	b.ReportAllocs()
	b.SetBytes(int64(len(answer)))
	for b.Loop() {
		if _, err := ParseResponse(Chat, answer); err != nil {
			b.Fatal(err)
		}
	}
}
