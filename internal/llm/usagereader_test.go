package llm

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestUsageReader(t *testing.T) {
	tests := []struct {
		name   string
		events bool
		answer string
		want   Usage
		found  bool
		text   int64
	}{
		{"chat document", false,
			`{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"Say \"usage\": {}"},"finish_reason":"stop"}],` +
				`"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18,"prompt_tokens_details":{"cached_tokens":4}}}`,
			Usage{Input: 11, Output: 7, Cached: 4}, true, 15},
		{"usage first", false, `{ "usage" : {"prompt_tokens":1,"completion_tokens":2} , "choices":[]}`, Usage{Input: 1, Output: 2}, true, 0},
		{"usage of something deeper is not the answer's", false, `{"a":{"b":{"usage":{"prompt_tokens":9}}}}`, Usage{}, false, 0},
		{"a usage that is an element", false, `{"usage":[{"prompt_tokens":9}]}`, Usage{}, false, 0},
		{"a name in an array is no name", false, `{"x":["usage",{"prompt_tokens":9}]}`, Usage{}, false, 0},
		{"null", false, `{"usage":null}`, Usage{}, false, 0},
		{"embeddings", false, `{"data":[{"embedding":[0.1,-2e3],"index":0}],"usage":{"prompt_tokens":5,"total_tokens":5}}`, Usage{Input: 5, Output: 0}, true, 0},
		{"chat stream", true,
			"data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}],\"usage\":null}\n\n" +
				"data: {\"choices\":[{\"delta\":{\"content\":\"lo\"}}]}\r\n\r\n" +
				": usage\n" +
				"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n",
			Usage{Input: 3, Output: 2}, true, 5},
		{"broken off", true, "data: {\"choices\":[{\"delta\":{\"content\":\"Hello the", Usage{}, false, 9},
		{"Anthropic stream", true,
			"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":90,\"cache_creation_input_tokens\":5,\"cache_creation\":{\"ephemeral_5m_input_tokens\":2,\"ephemeral_1h_input_tokens\":3},\"output_tokens\":1}}}\n\n" +
				"event: content_block_delta\ndata: {\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n" +
				"event: message_delta\ndata: {\"delta\":{},\"usage\":{\"output_tokens\":12}}\n\n",
			Usage{Input: 105, Output: 12, Cached: 90, Written: 5, WrittenHour: 3}, true, 2},
		{"Responses stream", true,
			"data: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\n\n" +
				"data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":8,\"input_tokens_details\":{\"cached_tokens\":6},\"output_tokens\":3}}}\n\n",
			Usage{Input: 8, Output: 3, Cached: 6}, true, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, size := range []int{1, 2, 7, 1 << 20} {
				r := NewUsageReader(test.events)
				for rest := test.answer; rest != ""; {
					n := min(size, len(rest))
					if wrote, err := r.Write([]byte(rest[:n])); wrote != n || err != nil {
						t.Fatalf("Write = %d, %v", wrote, err)
					}
					rest = rest[n:]
				}
				got, found := r.Usage()
				if got != test.want || found != test.found || r.TextBytes() != test.text {
					t.Errorf("pieces of %d: %+v %v with %d bytes of text, want %+v %v with %d",
						size, got, found, r.TextBytes(), test.want, test.found, test.text)
				}
			}
		})
	}
}

// Where the bytes are cut must not matter, whatever they are; and what the
// parser reads of a document, the reader finds.
func FuzzUsageReader(f *testing.F) {
	f.Add([]byte(`{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`), false, uint64(1))
	f.Add([]byte("data: {\"usage\":{\"input_tokens\":1}}\n\n"), true, uint64(2))
	f.Add([]byte(`{"usage":{"a":"`+strings.Repeat("x", maxUsage)+`"}}`), false, uint64(3))
	f.Fuzz(func(t *testing.T, answer []byte, events bool, seed uint64) {
		whole, cut := NewUsageReader(events), NewUsageReader(events)
		whole.Write(answer)
		random := rand.New(rand.NewPCG(seed, 0))
		for rest := answer; len(rest) > 0; {
			n := 1 + random.IntN(min(len(rest), 9))
			cut.Write(rest[:n])
			rest = rest[n:]
		}
		usage, found := whole.Usage()
		if again, foundAgain := cut.Usage(); usage != again || found != foundAgain || whole.TextBytes() != cut.TextBytes() {
			t.Fatalf("whole: %+v %v %d, cut: %+v %v %d", usage, found, whole.TextBytes(), again, foundAgain, cut.TextBytes())
		}
		if parsed, err := ParseResponse(Chat, answer); err == nil && !events && parsed.HasUsage && len(answer) < maxUsage {
			if !strings.Contains(string(answer), `\`) && usage != parsed.Usage {
				t.Fatalf("read %+v, parsed %+v", usage, parsed.Usage)
			}
		}
	})
}
