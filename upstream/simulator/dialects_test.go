// Responses and messages: a stream adds up to what the document says.

package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream/simulator"
)

// posted is what a simulator answers.
func posted(t *testing.T, opts simulator.Options, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	s, err := simulator.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestStreamsOfEveryDialectAddUp(t *testing.T) {
	const tool = `,"tools":[{"type":"function","name":"f","parameters":{"properties":{"q":{"type":"string"}}},"input_schema":{"properties":{"q":{"type":"string"}}}}]`
	for _, c := range []struct {
		ep         llm.Endpoint
		body       string
		same       []string // paths that the document and the stream agree on
		want, text string   // one of them, and what it says
	}{
		{llm.Messages, `{"model":"m","max_tokens":99,"thinking":{"type":"enabled"},"messages":[{"role":"user","content":"who?"}]`, []string{"content", "stop_reason", "usage"}, "stop_reason", "end_turn"},
		{llm.Messages, `{"model":"m","max_tokens":2,"messages":[{"role":"user","content":"who?"}]`, []string{"content", "stop_reason", "usage"}, "stop_reason", "max_tokens"},
		{llm.Messages, `{"model":"m","max_tokens":99,"tool_choice":{"type":"any"}` + tool + `,"messages":[{"role":"user","content":"who?"}]`, []string{"content.0.input", "stop_reason", "usage"}, "content.0.input.q", "who?"},
		{llm.Responses, `{"model":"m","reasoning":{"effort":"low"},"input":"who?"`, []string{"output.0.summary", "output.1.content", "usage"}, "status", "completed"},
		{llm.Responses, `{"model":"m","max_output_tokens":2,"input":[{"role":"user","content":"who?"}]`, []string{"output.0.content", "usage"}, "status", "incomplete"},
		{llm.Responses, `{"model":"m","tool_choice":"required","input":"who?"` + tool, []string{"output.0.arguments", "usage"}, "output.0.arguments", `{"q":"who?"}`},
	} {
		document := posted(t, simulator.Options{}, "/v1/"+string(c.ep), c.body+"}")
		stream := posted(t, simulator.Options{}, "/v1/"+string(c.ep), c.body+`,"stream":true}`)
		a := llm.NewAssembler(c.ep)
		a.Write(stream.Body.Bytes())
		whole, err := a.Answer()
		if err != nil || document.Code != http.StatusOK {
			t.Fatalf("%s: %d, %v: %s", c.body, document.Code, err, stream.Body)
		}
		for _, path := range c.same {
			if got, want := gjson.GetBytes(whole, path).Raw, gjson.GetBytes(document.Body.Bytes(), path).Raw; got != want || want == "" {
				t.Errorf("%s: %s: streamed %s, in the document %s", c.body, path, got, want)
			}
		}
		if got := gjson.GetBytes(whole, c.want).String(); got != c.text {
			t.Errorf("%s: %s is %q, want %q", c.body, c.want, got, c.text)
		}
	}
}

func TestAnthropicsKeyAndErrors(t *testing.T) {
	keyed := simulator.Options{APIKeys: []string{"sk-ant"}}
	const ask = `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"who?"}]}`
	if got := posted(t, keyed, "/v1/messages", ask, "X-Api-Key", "sk-ant"); got.Code != http.StatusOK {
		t.Errorf("status %d with the key", got.Code)
	}
	if got := posted(t, keyed, "/v1/messages", ask); gjson.Get(got.Body.String(), "error.type").String() != "authentication_error" {
		t.Errorf("without the key: %s", got.Body)
	}
	for _, body := range []string{`{"model":"m","messages":[]}`, `{"model":"m","max_tokens":9,"messages":[{"role":"tool","content":"x"}]}`} {
		got := posted(t, simulator.Options{}, "/v1/messages", body)
		if got.Code != http.StatusBadRequest || gjson.Get(got.Body.String(), "type").String() != "error" {
			t.Errorf("%s: %d %s", body, got.Code, got.Body)
		}
	}
	if got := posted(t, simulator.Options{}, "/v1/messages/count_tokens", ask); gjson.Get(got.Body.String(), "input_tokens").Int() == 0 {
		t.Errorf("counted %s", got.Body)
	}
}
