package simulator_test

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/askonce/askonce/upstream/simulator"
	"github.com/tidwall/gjson"
)

// provider is a started simulator and how a client talks to it.
type provider struct {
	*simulator.Simulator
	t   *testing.T
	url string
}

func start(t *testing.T, opts simulator.Options) *provider {
	t.Helper()
	sim, err := simulator.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return &provider{Simulator: sim, t: t, url: server.URL}
}

func (p *provider) do(method, path, body string, headers ...string) *http.Response {
	p.t.Helper()
	req, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// ask posts a body that must be answered with status, and returns the answer.
func (p *provider) ask(path, body string, status int) gjson.Result {
	p.t.Helper()
	resp := p.do("POST", path, body)
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if resp.StatusCode != status || !json.Valid(got) {
		p.t.Fatalf("%s %s\ngot %d %s\nwant %d and JSON", path, body, resp.StatusCode, got, status)
	}
	return gjson.ParseBytes(got)
}

// events posts a body that must be answered with a whole stream, and returns
// its events without the last, [DONE].
func (p *provider) events(path, body string) []gjson.Result {
	p.t.Helper()
	resp := p.do("POST", path, body)
	if got := resp.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		p.t.Fatalf("content type %q", got)
	}
	var events []gjson.Result
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		switch {
		case !ok && lines.Text() != "":
			p.t.Fatalf("line %q is no event", lines.Text())
		case data == "[DONE]":
			return events
		case ok && !json.Valid([]byte(data)):
			p.t.Fatalf("event %q is no JSON", data)
		case ok:
			events = append(events, gjson.Parse(data))
		}
	}
	p.t.Fatal("the stream ended without [DONE]")
	return nil
}

const question = `"model":"gpt-4o","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"How do I reset my password?"}]`

func TestChatAnswer(t *testing.T) {
	p := start(t, simulator.Options{})
	first := p.ask("/v1/chat/completions", "{"+question+"}", 200)
	again := p.ask("/v1/chat/completions", "{"+question+`,"user":"u1"}`, 200)

	text := first.Get("choices.0.message.content").Str
	if !strings.Contains(text, "How do I reset my password?") {
		t.Errorf("the answer %q does not restate the question", text)
	}
	if got := again.Get("choices.0.message.content").Str; got != text {
		t.Errorf("the same question got %q, then %q", text, got)
	}
	if first.Get("id").Str == again.Get("id").Str || !strings.HasPrefix(first.Get("id").Str, "chatcmpl-") {
		t.Errorf("ids %q and %q are not fresh chat ids", first.Get("id").Str, again.Get("id").Str)
	}
	for path, want := range map[string]string{
		"object": "chat.completion", "model": "gpt-4o", "choices.0.finish_reason": "stop",
		"choices.0.message.role": "assistant", "usage.prompt_tokens_details.cached_tokens": "0",
	} {
		if got := first.Get(path).String(); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	usage := first.Get("usage")
	if in, out := usage.Get("prompt_tokens").Int(), usage.Get("completion_tokens").Int(); in < 10 || out < 10 ||
		usage.Get("total_tokens").Int() != in+out {
		t.Errorf("usage %s does not add up", usage.Raw)
	}
}

func TestAnswerDependsOnTheConversation(t *testing.T) {
	p := start(t, simulator.Options{})
	seen := map[string]string{}
	for _, body := range []string{
		`{"model":"a","messages":[{"role":"user","content":"Why?"}]}`,
		`{"model":"b","messages":[{"role":"user","content":"Why?"}]}`,
		`{"model":"a","messages":[{"role":"system","content":"x"},{"role":"user","content":"Why?"}]}`,
		`{"model":"a","messages":[{"role":"user","content":"x"},{"role":"user","content":"Why?"}]}`,
		`{"model":"a","messages":[{"role":"user","content":[{"type":"text","text":"Why?"},{"type":"image_url","image_url":{"url":"data:,1"}}]}]}`,
		`{"model":"a","messages":[{"role":"user","content":[{"type":"text","text":"Why?"},{"type":"image_url","image_url":{"url":"data:,2"}}]}]}`,
	} {
		text := p.ask("/v1/chat/completions", body, 200).Get("choices.0.message.content").Str
		if other, ok := seen[text]; ok {
			t.Errorf("%s and %s have the same answer", body, other)
		}
		seen[text] = body
	}
}

func TestChatStreamCarriesTheSameAnswer(t *testing.T) {
	p := start(t, simulator.Options{})
	whole := p.ask("/v1/chat/completions", "{"+question+"}", 200)
	events := p.events("/v1/chat/completions", "{"+question+`,"stream":true,"stream_options":{"include_usage":true}}`)

	var text strings.Builder
	for _, e := range events {
		text.WriteString(e.Get("choices.0.delta.content").Str)
		if e.Get("id").Str != events[0].Get("id").Str || e.Get("object").Str != "chat.completion.chunk" {
			t.Errorf("chunk %s has another id or object", e.Raw)
		}
	}
	if want := whole.Get("choices.0.message.content").Str; text.String() != want {
		t.Errorf("streamed %q, want %q", text.String(), want)
	}
	if got := events[0].Get("choices.0.delta.role").Str; got != "assistant" {
		t.Errorf("the first chunk's role is %q", got)
	}
	finish, usage := events[len(events)-2], events[len(events)-1]
	if got := finish.Get("choices.0.finish_reason").Str; got != "stop" {
		t.Errorf("the last choice ends with %q", got)
	}
	if usage.Get("usage").Raw != whole.Get("usage").Raw || len(usage.Get("choices").Array()) != 0 {
		t.Errorf("usage chunk %s, want no choices and %s", usage.Raw, whole.Get("usage").Raw)
	}
	if n := int64(len(events)) - 3; n != whole.Get("usage.completion_tokens").Int() {
		t.Errorf("%d content chunks for %d tokens", n, whole.Get("usage.completion_tokens").Int())
	}
}

func TestStreamWithoutUsage(t *testing.T) {
	p := start(t, simulator.Options{})
	for _, e := range p.events("/v1/chat/completions", "{"+question+`,"stream":true}`) {
		if e.Get("usage").Exists() {
			t.Errorf("chunk %s has usage that was not asked for", e.Raw)
		}
	}
}

func TestChatParameters(t *testing.T) {
	const tools = `,"tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":2},"unit":{"enum":["C","F"]}}}}}]`
	const schema = `,"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object","properties":{"steps":{"type":"array","items":{"$ref":"#/$defs/step"}},"ok":{"type":"boolean"}},"$defs":{"step":{"type":"object","properties":{"text":{"type":"string"}}}}}}}`
	p := start(t, simulator.Options{})
	tests := []struct {
		name, extra, path, want string
	}{
		{"n choices", `,"n":3`, "choices.#", "3"},
		{"n choices are indexed", `,"n":3`, "choices.2.index", "2"},
		{"max_tokens ends with length", `,"max_tokens":4`, "choices.0.finish_reason", "length"},
		{"max_completion_tokens is kept to", `,"max_completion_tokens":4`, "usage.completion_tokens", "4"},
		{"stop ends the text", `,"stop":["answer"]`, "choices.0.message.content", "Simulated "},
		{"tools alone are not called", tools, "choices.0.message.tool_calls.#", ""},
		{"tool_choice auto is not a demand", tools + `,"tool_choice":"auto"`, "choices.0.finish_reason", "stop"},
		{"required calls a tool", tools + `,"tool_choice":"required"`, "choices.0.message.tool_calls.0.function.name", "get_weather"},
		{"required finishes with tool_calls", tools + `,"tool_choice":"required"`, "choices.0.finish_reason", "tool_calls"},
		{"a named tool is called", tools + `,"tool_choice":{"type":"function","function":{"name":"get_weather"}}`,
			"choices.0.message.tool_calls.0.function.arguments", `{"city":"How do I reset my password?","days":2,"unit":"C"}`},
		{"a named tool finishes with stop", tools + `,"tool_choice":{"type":"function","function":{"name":"get_weather"}}`, "choices.0.finish_reason", "stop"},
		{"a schema is filled in", schema, "choices.0.message.content|@fromstr|steps.#.text|#", "1"},
		{"json_object is an object", `,"response_format":{"type":"json_object"}`, "choices.0.message.content|@fromstr|@keys", `["answer"]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := p.ask("/v1/chat/completions", "{"+question+tt.extra+"}", 200)
			if v := got.Get(tt.path).String(); v != tt.want {
				t.Errorf("%s = %q, want %q in %s", tt.path, v, tt.want, got.Raw)
			}
		})
	}
}

func TestToolCallStream(t *testing.T) {
	p := start(t, simulator.Options{Script: []simulator.Step{{
		Match:   simulator.Match{Text: "password"},
		Respond: simulator.Response{ToolCall: &simulator.ToolCall{Name: "reset", Arguments: `{"user":"ada lovelace"}`}},
	}}})
	var name, arguments, finish string
	for _, e := range p.events("/v1/chat/completions", "{"+question+`,"stream":true}`) {
		call := e.Get("choices.0.delta.tool_calls.0.function")
		name += call.Get("name").Str
		arguments += call.Get("arguments").Str
		finish += e.Get("choices.0.finish_reason").Str
	}
	if name != "reset" || arguments != `{"user":"ada lovelace"}` || finish != "tool_calls" {
		t.Errorf("got %s(%s), %s", name, arguments, finish)
	}
}

func TestOwnAnswers(t *testing.T) {
	var asked simulator.Question
	p := start(t, simulator.Options{Answer: func(q simulator.Question) string { asked = q; return "forty-two" }})
	got := p.ask("/v1/chat/completions", "{"+question+"}", 200)
	if text := got.Get("choices.0.message.content").Str; text != "forty-two" {
		t.Errorf("answered %q", text)
	}
	if asked.Model != "gpt-4o" || asked.System != "Be kind." || asked.Text != "How do I reset my password?" || len(asked.Messages) != 2 {
		t.Errorf("the question came as %+v", asked)
	}
}

func TestCompletions(t *testing.T) {
	p := start(t, simulator.Options{})
	const body = `{"model":"gpt-3.5-turbo-instruct","prompt":["Once","upon"],"n":2`
	whole := p.ask("/v1/completions", body+"}", 200)
	if n := whole.Get("choices.#").Int(); n != 4 {
		t.Fatalf("%d choices for 2 prompts and n 2, want 4", n)
	}
	if whole.Get("object").Str != "text_completion" || !strings.HasPrefix(whole.Get("id").Str, "cmpl-") {
		t.Errorf("object %q, id %q", whole.Get("object").Str, whole.Get("id").Str)
	}
	texts := make([]string, 4)
	finished := 0
	for _, e := range p.events("/v1/completions", body+`,"stream":true}`) {
		texts[e.Get("choices.0.index").Int()] += e.Get("choices.0.text").Str
		if e.Get("choices.0.finish_reason").Str == "stop" {
			finished++
		}
	}
	for i, text := range texts {
		if want := whole.Get("choices").Array()[i].Get("text").Str; text != want {
			t.Errorf("choice %d streamed %q, want %q", i, text, want)
		}
	}
	if finished != 4 {
		t.Errorf("%d choices finished, want 4", finished)
	}
}

func TestEmbeddings(t *testing.T) {
	p := start(t, simulator.Options{})
	got := p.ask("/v1/embeddings", `{"model":"text-embedding-3-small","input":["cat","dog","cat"]}`, 200)
	vectors := got.Get("data.#.embedding").Array()
	if len(vectors) != 3 || vectors[0].Raw != vectors[2].Raw || vectors[0].Raw == vectors[1].Raw {
		t.Error("equal inputs must have equal vectors, others not")
	}
	if n := len(vectors[0].Array()); n != 1536 {
		t.Errorf("%d dimensions, want 1536", n)
	}
	if got.Get("usage.prompt_tokens").Int() != 3 || got.Get("usage.total_tokens").Int() != 3 {
		t.Errorf("usage %s, want 3 tokens", got.Get("usage").Raw)
	}

	short := p.ask("/v1/embeddings", `{"model":"text-embedding-3-small","input":"cat","dimensions":8,"encoding_format":"base64"}`, 200)
	raw, err := base64.StdEncoding.DecodeString(short.Get("data.0.embedding").Str)
	if err != nil || len(raw) != 32 {
		t.Fatalf("%d bytes of base64, %v, want 32", len(raw), err)
	}
	var length, ratio float64
	for i := range 8 {
		f := float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
		length += f * f
		ratio += f / vectors[0].Array()[i].Num / 8
	}
	if math.Abs(length-1) > 1e-5 {
		t.Errorf("the vector's length is %v, want 1", math.Sqrt(length))
	}
	if first := float64(math.Float32frombits(binary.LittleEndian.Uint32(raw))) / vectors[0].Array()[0].Num; math.Abs(first-ratio) > 1e-4 {
		t.Errorf("the short vector is not the beginning of the long one")
	}

	tokens := p.ask("/v1/embeddings", `{"model":"m","input":[[1,2,3],[4]]}`, 200)
	if tokens.Get("data.#").Int() != 2 || tokens.Get("usage.prompt_tokens").Int() != 4 {
		t.Errorf("token lists gave %s", tokens.Get("usage").Raw)
	}
}

func TestModels(t *testing.T) {
	p := start(t, simulator.Options{Models: []string{"a", "org/b"}})
	list := gjson.Parse(read(t, p.do("GET", "/v1/models", "")))
	if list.Get("data.#.id").Raw != `["a","org/b"]` || list.Get("object").Str != "list" {
		t.Errorf("list %s", list.Raw)
	}
	if one := gjson.Parse(read(t, p.do("GET", "/v1/models/org/b", ""))); one.Get("id").Str != "org/b" {
		t.Errorf("model %s", one.Raw)
	}
	if resp := p.do("GET", "/v1/models/c", ""); resp.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown model has status %d", resp.StatusCode)
	}
	if got := p.ask("/v1/chat/completions", `{"model":"c","messages":[{"role":"user","content":"x"}]}`, 404); got.Get("error.code").Str != "model_not_found" {
		t.Errorf("asking an unknown model: %s", got.Raw)
	}
}

func read(t *testing.T, resp *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestRefusals(t *testing.T) {
	p := start(t, simulator.Options{})
	const chat = "/v1/chat/completions"
	tests := []struct {
		path, body, param, code string
		status                  int
	}{
		{chat, `{`, "", "", 400},
		{chat, `[]`, "", "", 400},
		{chat, `{"messages":[]}`, "model", "missing_required_parameter", 400},
		{chat, `{"model":"m"}`, "messages", "missing_required_parameter", 400},
		{chat, `{"model":"m","messages":[]}`, "messages", "empty_array", 400},
		{chat, `{"model":"m","messages":"hi"}`, "messages", "invalid_type", 400},
		{chat, `{"model":"m","messages":[{"role":"user","content":"a"},{"role":"boss","content":"b"}]}`, "messages[1].role", "invalid_value", 400},
		{chat, `{"model":"m","messages":[{"role":"user"}]}`, "messages[0].content", "missing_required_parameter", 400},
		{chat, "{" + question + `,"n":0}`, "n", "integer_below_min_value", 400},
		{chat, "{" + question + `,"temperature":3}`, "temperature", "decimal_above_max_value", 400},
		{chat, "{" + question + `,"stream":"yes"}`, "stream", "invalid_type", 400},
		{chat, "{" + question + `,"stream_options":{"include_usage":true}}`, "stream_options", "", 400},
		{chat, "{" + question + `,"tool_choice":"required"}`, "tool_choice", "invalid_value", 400},
		{"/v1/completions", `{"model":"m"}`, "prompt", "missing_required_parameter", 400},
		{"/v1/embeddings", `{"model":"m"}`, "input", "missing_required_parameter", 400},
		{"/v1/embeddings", `{"model":"m","input":""}`, "input", "invalid_value", 400},
		{"/v1/embeddings", `{"model":"m","input":[[]]}`, "input", "invalid_type", 400},
		{"/v1/embeddings", `{"model":"m","input":"a","encoding_format":"hex"}`, "encoding_format", "invalid_value", 400},
		{"/v1/fine_tuning/jobs", `{}`, "", "unknown_url", 404},
		{"/v1/models", ``, "", "method_not_supported", 405},
	}
	for _, tt := range tests {
		got := p.ask(tt.path, tt.body, tt.status).Get("error")
		if got.Get("param").Str != tt.param || got.Get("code").Str != tt.code || got.Get("message").Str == "" || got.Get("type").Str == "" {
			t.Errorf("%s %s\ngot %s\nwant param %q, code %q", tt.path, tt.body, got.Raw, tt.param, tt.code)
		}
	}
	if n := p.Stats().Statuses[400]; n != 18 {
		t.Errorf("%d answers with 400 counted, want 18", n)
	}
}

func TestAuthentication(t *testing.T) {
	p := start(t, simulator.Options{APIKeys: []string{"right"}})
	tests := []struct {
		authorization, code string
		status              int
	}{
		{"", "", 401}, {"Bearer wrong", "invalid_api_key", 401}, {"Basic right", "", 401}, {"Bearer right", "", 200},
	}
	for _, tt := range tests {
		resp := p.do("POST", "/v1/chat/completions", "{"+question+"}", "Authorization", tt.authorization)
		if body := read(t, resp); resp.StatusCode != tt.status || gjson.Get(body, "error.code").Str != tt.code {
			t.Errorf("%q: %d %s, want %d %q", tt.authorization, resp.StatusCode, body, tt.status, tt.code)
		}
	}
}

func TestStats(t *testing.T) {
	p := start(t, simulator.Options{})
	usage := p.ask("/v1/chat/completions", "{"+question+"}", 200).Get("usage")
	p.ask("/v1/embeddings", "{}", 400)
	p.do("GET", "/v1/files", "")

	got := gjson.Parse(read(t, p.do("GET", "/simulator/stats", "")))
	for path, want := range map[string]int64{
		`calls./v1/chat/completions`: 1, `calls./v1/embeddings`: 1, "calls.other": 1, `refused./v1/embeddings`: 1,
		"statuses.200": 1, "statuses.400": 1, "statuses.404": 1, "prompt_tokens": usage.Get("prompt_tokens").Int(),
	} {
		if n := got.Get(path).Int(); n != want {
			t.Errorf("%s = %d, want %d in %s", path, n, want, got.Raw)
		}
	}
	if resp := p.do("POST", "/simulator/reset", ""); resp.StatusCode != http.StatusNoContent {
		t.Errorf("reset: %d", resp.StatusCode)
	}
	if stats := p.Stats(); len(stats.Calls) != 0 || stats.PromptTokens != 0 {
		t.Errorf("after a reset: %+v", stats)
	}
}

func TestHeaders(t *testing.T) {
	resp := start(t, simulator.Options{}).do("POST", "/v1/chat/completions", "{"+question+"}")
	for _, name := range []string{"X-Request-Id", "Openai-Processing-Ms", "Openai-Version"} {
		if resp.Header.Get(name) == "" {
			t.Errorf("%s is missing", name)
		}
	}
}
