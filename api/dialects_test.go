package api_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/askonce/askonce/upstream/simulator"
)

// message is a request of Anthropic's messages.
func message(text string, more ...string) string {
	return `{"model":"claude-sonnet-4-5","max_tokens":500,"messages":[{"role":"user","content":"` + text + `"}]` + strings.Join(more, "") + `}`
}

// response is a request of the responses API that the provider keeps nothing of.
func response(text string, more ...string) string {
	return `{"model":"gpt-4o","store":false,"input":"` + text + `"` + strings.Join(more, "") + `}`
}

// dialects are the paths with a body, where an answer's text is, and how a
// stream of it ends.
var dialects = []struct {
	path, text, last string
	body             func(string, ...string) string
}{
	{"/v1/messages", "content.0.text", "event: message_stop", message},
	{"/v1/responses", "output.0.content.0.text", "event: response.completed", response},
}

func TestDialectsAreCached(t *testing.T) {
	for _, d := range dialects {
		w := newWorld(t, plan{})
		first := w.post(d.path, d.body("one two three four")).wants(t, 200)
		text := gjson.Get(first.body, d.text).String()
		if !strings.Contains(text, "one two three four") {
			t.Fatalf("%s: %s", d.path, first.body)
		}
		again := w.post(d.path, d.body("one two three four")).wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
		if again.body != first.body {
			t.Errorf("%s: another answer: %s", d.path, again.body)
		}
		stream := w.post(d.path, d.body("one two three four", `,"stream":true`)).wants(t, 200).wantsHeader(t, "Cache-Status", "hit").
			wantsHeader(t, "Content-Type", "text/event-stream")
		if !strings.Contains(stream.body, d.last) || strings.Contains(stream.body, "[DONE]") {
			t.Errorf("%s: %s", d.path, stream.body)
		}
		w.post(d.path, d.body("four three two one")).wants(t, 200).wantsHeader(t, "Cache-Status", "detail=semantic")
		live := w.post(d.path, d.body("five six", `,"stream":true`)).wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=uri-miss")
		if !strings.Contains(live.body, d.last) {
			t.Errorf("%s: %s", d.path, live.body)
		}
		w.post(d.path, d.body("five six")).wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
		if calls := w.provider.calls(); calls != 2 {
			t.Errorf("%s: %d calls of the provider, want 2", d.path, calls)
		}
	}
}

func TestWhatLeansOnTheProviderIsNeverSemantic(t *testing.T) {
	w := newWorld(t, plan{})
	kept := func(text string) string { return `{"model":"m","input":"` + text + `"}` }
	w.post("/v1/responses", kept("one two three four")).wants(t, 200)
	w.post("/v1/responses", kept("four three two one")).wants(t, 200).wantsHeader(t, "Cache-Status", "detail=stored")
	w.post("/v1/responses", kept("one two three four")).wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
	for _, more := range []string{`,"background":true`, `,"conversation":"conv_1"`} {
		for range 2 {
			w.post("/v1/responses", response("x", more)).wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=bypass")
		}
	}
	for range 2 {
		w.post("/v1/messages", message("x", `,"container":"c"`)).wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=bypass")
	}
	w.post("/v1/cache/lookup", `{"endpoint":"responses","request":`+response("x", `,"background":true`)+`}`).wants(t, 400)
}

func TestMarksAndBetasInTheKey(t *testing.T) {
	w := newWorld(t, plan{})
	w.post("/v1/messages", message("x", `,"system":[{"type":"text","text":"s"}]`)).wants(t, 200)
	w.post("/v1/messages", message("x", `,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"metadata":{"user_id":"u"}`)).
		wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
	w.post("/v1/messages", message("x", `,"system":[{"type":"text","text":"s"}]`), "Anthropic-Beta", "new-2026-01-01").
		wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=uri-miss")
}

func TestAnthropicsErrorsAndKeys(t *testing.T) {
	w := newWorld(t, plan{upstreamKey: "sk-service", script: []simulator.Step{
		{Match: simulator.Match{Text: "busy"}, Respond: simulator.Response{Status: 529}},
	}})
	for _, c := range []struct {
		path, body, kind string
		status           int
		headers          []string
	}{
		{"/v1/messages", `{"model":`, "invalid_request_error", 400, nil},
		{"/v1/messages", message("x"), "timeout_error", 504, []string{"Cache-Control", "only-if-cached"}},
		{"/v1/messages", message("x"), "invalid_request_error", 400, []string{"Askonce-Mode", "fuzzy"}},
		{"/v1/messages", message("x"), "authentication_error", 401, []string{"Askonce-Key", "ask_x"}},
		{"/v1/messages/batches", "", "permission_error", 403, nil},
		{"/v1/messages", message("busy"), "overloaded_error", 529, nil}, // the provider's own
	} {
		got := w.send("POST", c.path, c.body, c.headers...).wants(t, c.status)
		if gjson.Get(got.body, "type").String() != "error" || gjson.Get(got.body, "error.type").String() != c.kind {
			t.Errorf("%s %v: %s", c.path, c.headers, got.body)
		}
	}
	count := w.post("/v1/messages/count_tokens", message("how long is this")).wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=bypass")
	if gjson.Get(count.body, "input_tokens").Int() == 0 {
		t.Errorf("counted %s", count.body)
	}
}

func TestStoredTextAnswersEveryDialect(t *testing.T) {
	w := newWorld(t, plan{})
	for _, d := range dialects {
		endpoint := strings.TrimPrefix(d.path, "/v1/")
		w.post("/v1/cache/store", `{"endpoint":"`+endpoint+`","request":`+d.body("who?")+`,"response":"I."}`).wants(t, 201)
		got := w.post(d.path, d.body("who?")).wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
		if gjson.Get(got.body, d.text).String() != "I." {
			t.Errorf("%s: %s", d.path, got.body)
		}
		w.post(d.path, d.body("who?", `,"stream":true`)).wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
	}
	if w.provider.calls() != 0 {
		t.Error("the provider was asked")
	}
}
