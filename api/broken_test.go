package api_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestBrokenProviders: what a provider does wrong is told as the provider's
// fault, in askonce's own words, as long as nothing has been sent.
func TestBrokenProviders(t *testing.T) {
	const stream = `,"stream":true`
	tests := []struct {
		name     string
		more     string
		provider func(w http.ResponseWriter)
		status   int
		body     string
	}{
		{"a document cut off", "", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, `{"id":`)
		}, 502, "upstream_broke_off"},
		{"a document cut off, a stream asked", stream, func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, `{"id":`)
		}, 502, "upstream_broke_off"},
		{"a broken stream, a document asked", "", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, "data: {broken\n\ndata: [DONE]\n\n")
		}, 502, "upstream_broke_off"},
		{"a compressed document, a stream asked", stream, func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "br")
			io.WriteString(w, "compressed")
		}, 200, "compressed"},
		{"a huge document, a stream asked", stream, func(w http.ResponseWriter) {
			io.WriteString(w, `{"x":"`+strings.Repeat("x", 17<<20)+`"}`)
		}, 200, `{"x":"xxx`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, plan{})
			w.provider.answer(func(out http.ResponseWriter, _ *http.Request) bool {
				out.Header().Set("Content-Type", "application/json")
				test.provider(out)
				return true
			})
			more := []string{}
			if test.more != "" {
				more = append(more, test.more)
			}
			got := w.chat(question("hello", more...)).wants(t, test.status)
			if !strings.Contains(got.body[:min(len(got.body), 300)], test.body) {
				t.Errorf("body %.300q", got.body)
			}
			if test.status == 502 && (got.header.Get("Content-Encoding") != "" || got.header.Get("X-Should-Retry") != "false") {
				t.Errorf("header %v", got.header)
			}
		})
	}
}

func TestABatchItemWithANameTwiceSpoilsNoOther(t *testing.T) {
	w := newWorld(t, plan{})
	got := w.post("/v1/cache/store/batch", `{"items":[{"prompt":"a","response":"x","ttl":60.0},{"prompt":"b","prompt":"c","response":"x"}]}`).wants(t, 200)
	if !strings.Contains(got.body, `"status":201`) || !strings.Contains(got.body, `"status":400`) {
		t.Errorf("body %s", got.body)
	}
	w.post("/v1/cache/store/batch", `{"items":[],"items":[]}`).wants(t, 400)
}
