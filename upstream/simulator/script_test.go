package simulator_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askonce/askonce/upstream/internal/pipenet"
	"github.com/askonce/askonce/upstream/simulator"
)

// parse reads a script that must be right.
func parse(t *testing.T, doc string) []simulator.Step {
	t.Helper()
	steps, err := simulator.ParseScript([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

func TestScriptChoosesRequests(t *testing.T) {
	p := start(t, simulator.Options{Script: parse(t, `
steps:
  - match: {path: /v1/chat/completions, nth: [2, 3]}
    respond:
      status: 429
      error: {type: requests, code: rate_limit_exceeded, message: Slow down.}
      headers: {retry-after: "2", retry-after-ms: "1500"}
  - match: {path: /v1/embeddings, every: 2}
    respond: {status: 503}
  - match: {model: small, from: 2, to: 2}
    respond: {status: 500, body: '<html>no</html>', headers: {content-type: text/html}}
  - match: {text: weather}
    respond: {answer: Sunny.}
`)})
	for i, want := range []int{200, 429, 429, 200} {
		p.ask("/v1/chat/completions", "{"+question+"}", want)
		if want := []int{200, 503, 200, 503}[i]; want > 0 {
			p.ask("/v1/embeddings", `{"model":"m","input":"x"}`, want)
		}
	}
	p.Reset()
	p.ask("/v1/chat/completions", "{"+question+"}", 200)
	resp := p.do("POST", "/v1/chat/completions", "{"+question+"}")
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "2" || resp.Header.Get("Retry-After-Ms") != "1500" {
		t.Errorf("after a reset the second call got %d %v", resp.StatusCode, resp.Header)
	}
	small := `{"model":"small","messages":[{"role":"user","content":"Tell me the weather"}]}`
	p.ask("/v1/completions", `{"model":"small","prompt":"x"}`, 200)
	if resp := p.do("POST", "/v1/completions", `{"model":"small","prompt":"x"}`); resp.StatusCode != http.StatusInternalServerError || read(t, resp) != "<html>no</html>" {
		t.Errorf("the raw body did not come")
	}
	p.ask("/v1/chat/completions", "{"+question+"}", 429)
	if got := p.ask("/v1/chat/completions", small, 200).Get("choices.0.message.content").Str; got != "Sunny." {
		t.Errorf("scripted answer %q", got)
	}
}

func TestScriptBreaksAnswers(t *testing.T) {
	const stream = "{" + question + `,"stream":true}`
	n := func(i int) *int { return &i }
	tests := []struct {
		name    string
		respond simulator.Response
		body    string
		check   func(t *testing.T, body string, err error)
	}{
		{"reset", simulator.Response{Reset: true}, stream, func(t *testing.T, body string, err error) {
			if err == nil {
				t.Errorf("got %q, want an error", body)
			}
		}},
		{"cut stream", simulator.Response{CutAfter: n(3)}, stream, func(t *testing.T, body string, err error) {
			if !errors.Is(err, io.ErrUnexpectedEOF) || strings.Count(body, "data: ") != 3 {
				t.Errorf("got %v after %q, want an unexpected end after 3 chunks", err, body)
			}
		}},
		{"cut document", simulator.Response{CutAfter: n(0)}, "{" + question + "}", func(t *testing.T, body string, err error) {
			if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(body, `{"id"`) {
				t.Errorf("got %v after %q, want an unexpected end", err, body)
			}
		}},
		{"malformed chunk", simulator.Response{MalformedAfter: n(2)}, stream, func(t *testing.T, body string, err error) {
			if err != nil || !strings.Contains(body, `"delta":`+"\n\n") || !strings.HasSuffix(body, "data: [DONE]\n\n") {
				t.Errorf("got %v after %q, want a broken chunk in a whole stream", err, body)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := start(t, simulator.Options{Script: []simulator.Step{{Respond: tt.respond}}})
			resp, err := http.Post(p.url+"/v1/chat/completions", "application/json", strings.NewReader(tt.body))
			var body []byte
			if err == nil {
				body, err = io.ReadAll(resp.Body)
				resp.Body.Close()
			}
			tt.check(t, string(body), err)
		})
	}
}

// inBubble starts the simulator in memory, so that time is the bubble's.
func inBubble(t *testing.T, opts simulator.Options) *http.Client {
	t.Helper()
	sim, err := simulator.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	l := pipenet.Serve(sim)
	t.Cleanup(l.Stop)
	transport := &http.Transport{DialContext: l.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestLatencies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := inBubble(t, simulator.Options{
			Latency:       300 * time.Millisecond,
			TokenInterval: 20 * time.Millisecond,
			Script: parse(t, "steps:\n  - match: {nth: [1]}\n    respond: {answer: one two three}\n"+
				"  - match: {nth: [2]}\n    respond: {delay: 2s}\n"),
		})
		begin := time.Now()
		resp, err := client.Post("http://sim/v1/chat/completions", "application/json", strings.NewReader("{"+question+`,"stream":true}`))
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took != 300*time.Millisecond {
			t.Errorf("first byte after %v, want 300ms", took)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		// role, three words, finish: four intervals
		if took := time.Since(begin); took != 380*time.Millisecond {
			t.Errorf("last byte after %v, want 380ms", took)
		}
		begin = time.Now()
		if resp, err = client.Post("http://sim/v1/chat/completions", "application/json", strings.NewReader("{"+question+"}")); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if took := time.Since(begin); took != 2300*time.Millisecond {
			t.Errorf("the delayed answer came after %v, want 2.3s", took)
		}
	})
}

func TestHangsUntilTheClientGivesUp(t *testing.T) {
	after := 2
	for name, respond := range map[string]simulator.Response{
		"before the answer": {Hang: true}, "within a stream": {HangAfter: &after},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := inBubble(t, simulator.Options{Script: []simulator.Step{{Respond: respond}}})
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://sim/v1/chat/completions", strings.NewReader("{"+question+`,"stream":true}`))
				resp, err := client.Do(req)
				var got []byte
				if err == nil {
					got, err = io.ReadAll(resp.Body)
					resp.Body.Close()
				}
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v after %q, want only the client's deadline to end it", err, got)
				}
				if respond.HangAfter != nil && bytes.Count(got, []byte("data: ")) != after {
					t.Errorf("%q came before the silence, want %d chunks", got, after)
				}
			})
		})
	}
}

func TestBadScripts(t *testing.T) {
	tests := []struct{ name, doc, want string }{
		{"unknown member", "steps:\n  - match: {pth: /v1}\n", "pth"},
		{"no steps", "{}", "no steps"},
		{"every problem", "steps:\n  - match: {nth: [0]}\n    respond: {status: 99}\n  - match: {from: 3, to: 2}\n", "steps[1].match.to"},
		{"bad duration", "steps:\n  - respond: {delay: soon}\n", "soon"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := simulator.ParseScript([]byte(tt.doc)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want it to name %q", err, tt.want)
			}
		})
	}
}

// TestDocumentedScript runs the script of the package comment.
func TestDocumentedScript(t *testing.T) {
	source, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, script, found := strings.Cut(string(source), "//\tsteps:\n")
	script, _, end := strings.Cut(script, "// See [Response]")
	if !found || !end {
		t.Fatal("doc.go shows no script")
	}
	script = "steps:\n" + strings.ReplaceAll(strings.ReplaceAll(script, "//\t", ""), "//\n", "\n")
	if n := len(parse(t, script)); n != 5 {
		t.Errorf("%d steps, want 5", n)
	}
}

func ExampleNew() {
	script, err := simulator.ParseScript([]byte("steps:\n  - match: {nth: [1]}\n    respond: {status: 503}\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	sim, err := simulator.New(simulator.Options{
		Answer: func(q simulator.Question) string { return "You said " + q.Text },
		Script: script,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := &http.Server{Handler: sim}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	go server.Serve(listener)
	defer server.Close()

	url := "http://" + listener.Addr().String() + "/v1/chat/completions"
	for range 2 {
		resp, err := http.Post(url, "application/json",
			strings.NewReader(`{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"max_tokens":2}`))
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		fmt.Println(resp.Status)
	}
	fmt.Println(sim.Stats().Calls)
	// Output:
	// 503 Service Unavailable
	// 200 OK
	// map[/v1/chat/completions:2]
}
