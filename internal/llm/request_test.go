// Requests: what is refused and how, and what is read.

package llm

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestRequestErrors(t *testing.T) {
	deep := `{"model":"m","messages":[],"a":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}`
	bomb := `{"model":"m","messages":[],"a":` + strings.Repeat("[", 1<<20)
	many := `{"model":"m","messages":[` + strings.Repeat("{},", 1<<20) + `{}]}`
	const secret = "s3cret"
	cases := []struct {
		name    string
		ep      Endpoint
		body    string
		param   string
		message string // part of it
	}{
		{"empty", Chat, ``, "", "ends after 0 bytes"},
		{"cut", Chat, `{"model":"s3cret`, "", "ends after"},
		{"no JSON", Chat, `s3cret`, "", "not valid JSON at byte 0"},
		{"single quotes", Chat, `{'model':'s3cret'}`, "", "not valid JSON at byte 1"},
		{"trailing comma", Chat, `{"model":"m",}`, "", "not valid JSON"},
		{"two documents", Chat, `{"model":"m","messages":[]} {}`, "", "more after the JSON value"},
		{"trailing text", Chat, `{"model":"m","messages":[]} s3cret`, "", "not valid JSON"},
		{"bad UTF-8", Chat, "{\"model\":\"s3cret\xff\"}", "", "not valid UTF-8 at byte 16"},
		{"half a surrogate pair", Chat, `{"model":"\ud800"}`, "", "not valid JSON at byte"},
		{"byte order mark", Chat, "\xEF\xBB\xBF{}", "", "not valid JSON at byte 0"},
		{"duplicate", Chat, `{"model":"m","model":"s"}`, "model", "more than once"},
		{"escaped duplicate", Chat, `{"model":"m","mod\u0065l":"s"}`, "model", "more than once"},
		{"nested duplicate", Chat, `{"model":"m","messages":[{"role":"user","role":"x"}]}`, "messages[0].role", "more than once"},
		{"too deep", Chat, deep, "", "nested deeper than 512"},
		{"depth bomb", Chat, bomb, "", "nested deeper than 512"},
		{"too many members", Chat, many, "", "more than 1048576 members"},
		{"array", Chat, `[]`, "", "not a JSON object"},
		{"string", Chat, `"s3cret"`, "", "not a JSON object"},
		{"no model", Chat, `{"messages":[]}`, "model", "a model is needed"},
		{"empty model", Chat, `{"model":"","messages":[]}`, "model", "a model is needed"},
		{"number as model", Chat, `{"model":4,"messages":[]}`, "model", "a model is needed"},
		{"no messages", Chat, `{"model":"m"}`, "messages", "must be an array"},
		{"text as messages", Chat, `{"model":"m","messages":"s3cret"}`, "messages", "must be an array"},
		{"text as message", Chat, `{"model":"m","messages":[{"role":"user"},"s3cret"]}`, "messages[1]", "must be an object"},
		{"no role", Chat, `{"model":"m","messages":[{"role":"user"},{"content":"s3cret"}]}`, "messages[1].role", "must be a string"},
		{"text as stream", Chat, `{"model":"m","messages":[],"stream":"true"}`, "stream", "true or false"},
		{"text as options", Chat, `{"model":"m","messages":[],"stream_options":"x"}`, "stream_options", "must be an object"},
		{"number as usage", Chat, `{"model":"m","messages":[],"stream_options":{"include_usage":1}}`, "stream_options.include_usage", "true or false"},
		{"no prompt", Completions, `{"model":"m"}`, "prompt", "a prompt is needed"},
		{"object as prompt", Completions, `{"model":"m","prompt":{}}`, "prompt", "must be a string"},
		{"no input", Embeddings, `{"model":"m"}`, "input", "must be a string"},
		{"null input", Embeddings, `{"model":"m","input":null}`, "input", "must be a string"},
		{"no inputs", Embeddings, `{"model":"m","input":[]}`, "input", "must not be empty"},
		{"mixed inputs", Embeddings, `{"model":"m","input":["a",1]}`, "input", "must be a string"},
		{"objects as inputs", Embeddings, `{"model":"m","input":[{}]}`, "input", "must be a string"},
		{"texts in token arrays", Embeddings, `{"model":"m","input":[["s3cret"]]}`, "input", "must be a string"},
		{"unknown endpoint", "images", `{}`, "", "there is no endpoint"},
	}
	for _, c := range cases {
		_, err := ParseRequest(c.ep, []byte(c.body))
		var request *RequestError
		if !errors.As(err, &request) {
			t.Errorf("%s: got %v, want a RequestError", c.name, err)
			continue
		}
		if request.Param != c.param || !strings.Contains(request.Message, c.message) {
			t.Errorf("%s: got %q, %q; want %q, %q", c.name, request.Param, request.Message, c.param, c.message)
		}
		if strings.Contains(request.Error(), secret) {
			t.Errorf("%s: the message quotes the body: %s", c.name, request)
		}
	}
}

func TestRequestReadsFlags(t *testing.T) {
	r := mustParse(t, Chat, chat(`,"stream":true,"stream_options":{"include_usage":true}`))
	if !r.Stream || !r.IncludeUsage || r.Model != "m" || r.Query != "hi" || r.NoQuery != "" {
		t.Errorf("got %+v", r)
	}
	if !bytes.Equal(r.UpstreamBody(), r.Body) {
		t.Error("a body that asks for usage was changed")
	}
}

func TestUpstreamBody(t *testing.T) {
	cases := [][2]string{
		{chat(``), chat(``)},
		{chat(`,"stream":false`), chat(`,"stream":false`)},
		{chat(`, "stream": true, "x" : 1.0`), `{"stream_options":{"include_usage":true},` + chat(`, "stream": true, "x" : 1.0`)[1:]},
		{chat(`,"stream":true,"stream_options":null`), chat(`,"stream":true,"stream_options":{"include_usage":true}`)},
		{chat(`,"stream":true,"stream_options":{ }`), chat(`,"stream":true,"stream_options":{"include_usage":true }`)},
		{chat(`,"stream":true,"stream_options":{"a":1}`), chat(`,"stream":true,"stream_options":{"include_usage":true,"a":1}`)},
		{chat(`,"stream":true,"stream_options":{"include_usage": false}`), chat(`,"stream":true,"stream_options":{"include_usage": true}`)},
		{chat(`,"stream":true,"stream_options":{"include_usage":null}`), chat(`,"stream":true,"stream_options":{"include_usage":true}`)},
	}
	for _, c := range cases {
		body := []byte(c[0])
		r, err := ParseRequest(Chat, body)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(r.UpstreamBody()); got != c[1] {
			t.Errorf("got  %s\nwant %s", got, c[1])
		}
		if string(body) != c[0] {
			t.Errorf("the caller's body was changed: %s", body)
		}
	}
}

func TestDetectEndpoint(t *testing.T) {
	cases := []struct {
		body string
		want Endpoint
		ok   bool
	}{
		{`{"messages":[]}`, Chat, true},
		{`{"prompt":""}`, Completions, true},
		{`{"input":""}`, Embeddings, true},
		{`{"inp\u0075t":""}`, Embeddings, true},
		{`{"input":"","prompt":""}`, "", false},
		{`{"a":{"input":""}}`, "", false},
		{`[]`, "", false},
		{`{"input":`, "", false},
	}
	for _, c := range cases {
		if got, ok := DetectEndpoint([]byte(c.body)); got != c.want || ok != c.ok {
			t.Errorf("%s: got %q, %v", c.body, got, ok)
		}
	}
}

func TestCheckJSON(t *testing.T) {
	for _, good := range []string{`1`, ` "a" `, `{"a":[{}]}`, `null`} {
		if err := CheckJSON([]byte(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{``, ` `, `1 2`, `{"a":1,"a":1}`, "\"\xff\""} {
		var request *RequestError
		if err := CheckJSON([]byte(bad)); !errors.As(err, &request) {
			t.Errorf("%q: got %v, want a RequestError", bad, err)
		}
	}
}

func TestAppendError(t *testing.T) {
	got := string(AppendError([]byte("x"), "invalid_request_error", "", "messages[0]", "say \"hi\"\n"))
	want := `x{"error":{"message":"say \"hi\"\n","type":"invalid_request_error","param":"messages[0]","code":null}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got = string(AppendError(nil, "server_error", "upstream_timeout", "", "late"))
	want = `{"error":{"message":"late","type":"server_error","param":null,"code":"upstream_timeout"}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
