package api_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// value is a counter's, by its name and its labels' values in the order of
// their names.
func (w *world) value(name string, labels ...string) float64 {
	w.t.Helper()
	families, err := w.registry.Gather()
	must(w.t, err)
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			var values []string
			for _, pair := range m.GetLabel() {
				values = append(values, pair.GetValue())
			}
			if strings.Join(values, " ") == strings.Join(labels, " ") {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// Providers' answers with 2,000 prompt tokens, 1,536 of them cached.
const (
	chatUsage      = `"usage":{"prompt_tokens":2000,"completion_tokens":10,"prompt_tokens_details":{"cached_tokens":1536}}`
	responsesUsage = `"usage":{"input_tokens":2000,"output_tokens":10,"input_tokens_details":{"cached_tokens":1536}}`
	messagesUsage  = `"usage":{"input_tokens":400,"cache_read_input_tokens":1536,"cache_creation_input_tokens":64,"output_tokens":10}`

	chatDocument = `{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Yes."},` +
		`"finish_reason":"stop"}],` + chatUsage + `}`
)

// answers makes the provider answer every call with a body.
func (p *provider) answers(contentType, body string) {
	p.answer(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, body)
		return true
	})
}

func TestCachedTokensAreCountedByOrder(t *testing.T) {
	const events = "text/event-stream"
	stream := func(parts ...string) string { return "data: " + strings.Join(parts, "\n\ndata: ") + "\n\n" }
	turns := `"messages":[{"role":"user","content":"Is it?"}]`
	tests := []struct{ endpoint, path, request, contentType, answer string }{
		{"chat", "/v1/chat/completions", `{"model":"m",` + turns + `}`, "application/json", chatDocument},
		{"chat", "/v1/chat/completions", `{"model":"m","stream":true,` + turns + `}`, events,
			stream(`{"choices":[{"delta":{"content":"Yes."}}]}`, `{"choices":[],`+chatUsage+`}`, `[DONE]`)},
		{"responses", "/v1/responses", `{"model":"m","input":"Is it?"}`, "application/json", `{"id":"r","status":"completed","output":[],` + responsesUsage + `}`},
		{"responses", "/v1/responses", `{"model":"m","input":"Is it?","stream":true}`, events,
			stream(`{"type":"response.completed","response":{"status":"completed",` + responsesUsage + `}}`)},
		{"messages", "/v1/messages", `{"model":"m","max_tokens":9,` + turns + `}`, "application/json", `{"type":"message","content":[],` + messagesUsage + `}`},
		{"messages", "/v1/messages", `{"model":"m","max_tokens":9,"stream":true,` + turns + `}`, events,
			stream(`{"type":"message_start","message":{`+messagesUsage+`}}`, `{"type":"message_delta","delta":{},"usage":{"output_tokens":10}}`, `{"type":"message_stop"}`)},
	}
	for _, test := range tests {
		for asked, order := range map[string]string{"": "observe", "on": "on", "off": "off"} {
			w := newWorld(t, plan{})
			w.provider.answers(test.contentType, test.answer)
			headers := []string{"Cache-Control", "no-store"}
			if asked != "" {
				headers = append(headers, "Askonce-Prompt-Order", asked)
			}
			for range 2 {
				w.post(test.path, test.request, headers...).wants(t, 200)
			}
			tokens := w.value("askonce_prompt_tokens_total", test.endpoint, "m", order)
			cached := w.value("askonce_prompt_cached_tokens_total", test.endpoint, "m", order)
			if tokens != 4000 || cached != 3072 {
				t.Errorf("%s %s, order %s: %v prompt tokens, %v of them cached", test.path, test.contentType, order, tokens, cached)
			}
		}
	}
}

func TestModelsOfTheMetricsAreBounded(t *testing.T) {
	w := newWorld(t, plan{})
	w.provider.answers("application/json", chatDocument)
	for i := range 60 {
		w.chat(`{"model":"`+strings.Repeat("m", 1+i)+`","messages":[{"role":"user","content":"hi"}]}`).wants(t, 200)
	}
	families, err := w.registry.Gather()
	must(t, err)
	for _, family := range families {
		if family.GetName() == "askonce_prompt_tokens_total" && len(family.GetMetric()) != 51 {
			t.Errorf("%d series for 60 models", len(family.GetMetric()))
		}
	}
	if got := w.value("askonce_prompt_tokens_total", "chat", "other", "observe"); got != 10*2000 {
		t.Errorf("%v tokens of other models", got)
	}
}
