package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askonce/askonce/api"
	"github.com/askonce/askonce/upstream/simulator"
)

func TestARepeatIsAnsweredFromTheCache(t *testing.T) {
	for _, test := range []struct{ path, body string }{
		{"/v1/chat/completions", question("What is a mutex?")},
		{"/v1/completions", `{"model":"gpt-3.5-turbo-instruct","prompt":"Once upon a time"}`},
		{"/v1/embeddings", `{"model":"text-embedding-3-small","input":"a text"}`},
	} {
		t.Run(test.path, func(t *testing.T) {
			w := newWorld(t, plan{})
			first := w.post(test.path, test.body).wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=uri-miss")
			second := w.post(test.path, test.body).wants(t, 200).wantsHeader(t, "Cache-Status", "askonce; hit; ttl=")
			if first.body != second.body {
				t.Errorf("the hit is another answer:\n%s\n%s", first.body, second.body)
			}
			if n := w.provider.calls(); n != 1 {
				t.Errorf("the provider was asked %d times", n)
			}
			if first.header.Get("Askonce-Entry") != second.header.Get("Askonce-Entry") {
				t.Error("the miss names another entry than the hit")
			}
			if second.header.Get("Age") == "" || second.header.Get("Askonce-Receipt") != "layer=exact" {
				t.Errorf("headers of the hit: %v", second.header)
			}
			w.send("GET", "/v1/cache/entries/"+second.header.Get("Askonce-Entry"), "").wants(t, 200)
		})
	}
}

func TestOneEntryServesJSONAndStreams(t *testing.T) {
	t.Run("stored from a stream", func(t *testing.T) {
		w := newWorld(t, plan{})
		live := w.chat(question("Name three rivers", `,"stream":true`)).wants(t, 200)
		live.wantsHeader(t, "Content-Type", "text/event-stream").wantsHeader(t, "Cache-Status", "fwd=uri-miss")
		doc := w.chat(question("Name three rivers")).wants(t, 200).wantsHeader(t, "Cache-Status", "hit").decode(t)
		if doc["object"] != "chat.completion" || doc["usage"] == nil {
			t.Errorf("the document lacks what a document has: %v", doc)
		}
		replay := w.chat(question("Name three rivers", `,"stream":true`)).wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
		if text(live.body) != text(replay.body) || text(live.body) == "" {
			t.Errorf("the replay says something else:\n%s\n%s", text(live.body), text(replay.body))
		}
		if !strings.HasSuffix(replay.body, "data: [DONE]\n\n") {
			t.Error("the replay does not end as a stream does")
		}
	})
	t.Run("stored from a document", func(t *testing.T) {
		w := newWorld(t, plan{})
		w.chat(question("Name three rivers")).wants(t, 200)
		replay := w.chat(question("Name three rivers", `,"stream":true`)).wants(t, 200)
		replay.wantsHeader(t, "Content-Type", "text/event-stream").wantsHeader(t, "Cache-Status", "hit")
	})
}

// text puts the contents of a stream's chunks together.
func text(stream string) string {
	var b strings.Builder
	for line := range strings.Lines(stream) {
		if _, rest, ok := strings.Cut(line, `"content":"`); ok {
			piece, _, _ := strings.Cut(rest, `"`)
			b.WriteString(piece)
		}
	}
	return b.String()
}

func TestUsageOfAStreamOnlyWhenAsked(t *testing.T) {
	for _, asked := range []bool{false, true} {
		w := newWorld(t, plan{})
		more := `,"stream":true`
		if asked {
			more = `,"stream":true,"stream_options":{"include_usage":true}`
		}
		for _, kind := range []string{"fwd=uri-miss", "hit"} {
			got := w.chat(question("Hello there", more)).wants(t, 200).wantsHeader(t, "Cache-Status", kind)
			if has := strings.Contains(got.body, `"usage":{`); has != asked {
				t.Errorf("%s, usage asked for: %v, got: %v\n%s", kind, asked, has, got.body)
			}
		}
		if !strings.Contains(w.provider.last(t).body, `"include_usage":true`) {
			t.Error("the provider was not asked for the usage, which the stored answer needs")
		}
	}
}

func TestTheBodyGoesUpstreamAsItCame(t *testing.T) {
	w := newWorld(t, plan{})
	body := ` {"model" : "gpt-4o", "messages":[{"role":"user","content":[{"type":"text","text":"what is it?"},` +
		`{"type":"image_url","image_url":{"url":"data:image/png;base64,` + strings.Repeat("QUJD", 50_000) + `"}}]}],` +
		`"x_unknown":{"b":1,"a":[9007199254740993]}}`
	w.chat(body, "OpenAI-Organization", "org-1", "Askonce-Prompt-Order", "off").wants(t, 200).wantsHeader(t, "Askonce-Receipt", "reason=image")
	got := w.provider.last(t)
	if got.body != body {
		t.Error("the provider got another body")
	}
	if got.header.Get("Openai-Organization") != "org-1" {
		t.Error("a header of the provider's did not pass")
	}
	w.chat(body).wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
}

func TestRewordingIsASemanticHit(t *testing.T) {
	w := newWorld(t, plan{})
	w.chat(question("how do I reset my password in the portal please")).wants(t, 200)
	flush(t, w)
	hit := w.chat(question("please how do I reset my password in the portal")).wants(t, 200)
	hit.wantsHeader(t, "Cache-Status", "detail=semantic").wantsHeader(t, "Askonce-Similarity", "1.0000")
	hit.wantsHeader(t, "Askonce-Receipt", "layer=semantic;score=1.0000")
	w.chat(question("please how do I reset my password in the portal"), "Askonce-Mode", "exact").
		wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=uri-miss; detail=mode_exact")
}

// flush waits until what was answered is in the index.
func flush(t *testing.T, w *world) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		got := w.send("GET", "/metrics", "").wants(t, 200)
		if strings.Contains(got.body, "askonce_write_queue_entries 0\n") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the write queue does not empty")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestDirectives(t *testing.T) {
	ask := question("What is a lease?")
	for _, test := range []struct {
		name    string
		headers []string
		second  string // Cache-Status of the same request once more, without headers
		status  string // Cache-Status with the headers, after a plain one
	}{
		{"no-cache", []string{"Cache-Control", "no-cache"}, "hit", "fwd=request; detail=no_cache"},
		{"max-age=0", []string{"Cache-Control", "max-age=0"}, "hit", "fwd=request; detail=no_cache"},
		{"max-age", []string{"Cache-Control", "max-age=60"}, "hit", "hit"},
		{"min-fresh", []string{"Cache-Control", "min-fresh=9999999"}, "hit", "fwd=stale; detail=expired"},
		{"no-store", []string{"Cache-Control", "no-store"}, "hit", "hit"},
		{"off", []string{"Askonce-Mode", "off"}, "hit", "fwd=bypass; detail=mode_off"},
		{"namespace", []string{"Askonce-Namespace", "other"}, "hit", "fwd=uri-miss"},
		{"tags", []string{"Askonce-Tags", "a, b"}, "hit", "detail=tags_differ"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, plan{})
			w.chat(ask).wants(t, 200)
			w.chat(ask, test.headers...).wants(t, 200).wantsHeader(t, "Cache-Status", test.status)
			w.chat(ask).wants(t, 200).wantsHeader(t, "Cache-Status", test.second)
		})
	}
	t.Run("no-store keeps nothing", func(t *testing.T) {
		w := newWorld(t, plan{})
		got := w.chat(ask, "Cache-Control", "no-store").wants(t, 200)
		if got.header.Get("Askonce-Entry") != "" {
			t.Error("an entry is named that will not be")
		}
		w.chat(ask).wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=uri-miss")
	})
	t.Run("only-if-cached", func(t *testing.T) {
		w := newWorld(t, plan{})
		miss := w.chat(ask, "Cache-Control", "only-if-cached").wants(t, 504)
		miss.wantsHeader(t, "Askonce-Receipt", "layer=none")
		if w.provider.calls() != 0 {
			t.Error("the provider was asked")
		}
		w.chat(ask).wants(t, 200)
		w.chat(ask, "Cache-Control", "only-if-cached").wants(t, 200)
	})
	t.Run("ttl and tags are kept with the entry", func(t *testing.T) {
		w := newWorld(t, plan{})
		w.chat(ask, "Askonce-TTL", "100", "Askonce-Tags", "x,y/1").wants(t, 200)
		hit := w.chat(ask).wants(t, 200)
		if status := hit.header.Get("Cache-Status"); !strings.Contains(status, "ttl=99") && !strings.Contains(status, "ttl=100") {
			t.Errorf("Cache-Status: %s", status)
		}
		w.chat(ask, "Askonce-Tags", "y/1").wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
	})
	t.Run("a namespace cannot be left by a header of another name", func(t *testing.T) {
		w := newWorld(t, plan{})
		w.chat(ask, "Askonce-Namespace", "a", "Authorization", "Bearer sk-1").wants(t, 200)
		w.chat(ask, "Askonce-Namespace", "a", "Authorization", "Bearer sk-2", "Askonce-Tenant", "x").
			wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=")
	})
}

func TestBadDirectivesNameTheirHeader(t *testing.T) {
	w := newWorld(t, plan{})
	for _, test := range []struct{ header, value string }{
		{"Cache-Control", "max-age=soon"},
		{"Cache-Control", "min-fresh"},
		{"Askonce-Namespace", "a b"},
		{"Askonce-Namespace", strings.Repeat("n", 129)},
		{"Askonce-Mode", "fuzzy"},
		{"Askonce-Threshold", "1.2"},
		{"Askonce-Threshold", "NaN"},
		{"Askonce-Threshold", "high"},
		{"Askonce-Ttl", "1h"},
		{"Askonce-Ttl", "0"},
		{"Askonce-Tags", "a,,b"},
		{"Askonce-Tags", strings.Repeat("a,", 16) + "a"},
	} {
		got := w.chat(question("x"), test.header, test.value).wants(t, 400).decode(t)
		problem := got["error"].(map[string]any)
		if problem["param"] != test.header || !strings.HasPrefix(problem["message"].(string), test.header+": ") {
			t.Errorf("%s: %s: %v", test.header, test.value, problem)
		}
	}
	if w.provider.calls() != 0 {
		t.Error("the provider was asked")
	}
}

func TestTheProvidersErrorsPassAsTheyAre(t *testing.T) {
	w := newWorld(t, plan{script: []simulator.Step{{Respond: simulator.Response{
		Status: 429, Error: &simulator.Error{Message: "Slow down.", Code: "rate_limit_exceeded"},
		Headers: map[string]string{
			"Retry-After": "7", "X-Request-Id": "req-1", "X-Ratelimit-Remaining-Requests": "0", "Set-Cookie": "a=b",
			"Access-Control-Allow-Origin": "*", "Askonce-Entry": "forged",
		},
	}}}})
	for _, body := range []string{question("x"), question("x", `,"stream":true`)} {
		got := w.chat(body).wants(t, 429)
		got.wantsHeader(t, "Retry-After", "7").wantsHeader(t, "X-Request-Id", "req-1").wantsHeader(t, "X-Ratelimit-Remaining-Requests", "0")
		if !strings.Contains(got.body, "Slow down.") {
			t.Errorf("another error: %s", got.body)
		}
		for _, name := range []string{"Set-Cookie", "Access-Control-Allow-Origin"} {
			if got.header.Get(name) != "" {
				t.Errorf("%s passed", name)
			}
		}
		if got.header.Get("Askonce-Entry") == "forged" {
			t.Error("the provider set a header of ours")
		}
	}
	if n := w.provider.calls(); n != 2 {
		t.Errorf("the provider was asked %d times: was the error kept?", n)
	}
}

func TestAnAnswerThatBreaksOffIsNotACleanEnd(t *testing.T) {
	cut := 3
	for _, body := range []string{question("Tell me a long story", `,"stream":true`), question("Tell me a long story")} {
		w := newWorld(t, plan{script: []simulator.Step{{
			Match: simulator.Match{Nth: []int{1}}, Respond: simulator.Response{CutAfter: &cut},
		}}})
		got := w.chat(body)
		if got.err == nil && got.status == 200 {
			t.Errorf("the caller saw a clean end: %s", got.body)
		}
		w.chat(body).wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=uri-miss")
	}
}

func TestAProviderThatIsAwayIsToldInItsShape(t *testing.T) {
	w := newWorld(t, plan{script: []simulator.Step{{Respond: simulator.Response{Reset: true}}}})
	got := w.chat(question("x")).wants(t, 502).wantsHeader(t, "X-Should-Retry", "false")
	if got.decode(t)["error"].(map[string]any)["code"] != "upstream_unreachable" {
		t.Error(got.body)
	}
}

func TestIdenticalRequestsInTheAirMakeOneCall(t *testing.T) {
	for _, stream := range []string{"", `,"stream":true`} {
		w := newWorld(t, plan{})
		arrived, release := make(chan struct{}), make(chan struct{})
		w.provider.answer(func(http.ResponseWriter, *http.Request) bool {
			close(arrived)
			<-release
			return false
		})
		var group sync.WaitGroup
		replies := make([]reply, 6)
		ask := func(i int) {
			body := question("Once only", stream)
			if i%2 == 1 {
				body = question("Once only") // the other form
			}
			replies[i] = w.chat(body)
		}
		group.Go(func() { ask(0) })
		<-arrived
		for i := 1; i < len(replies); i++ {
			group.Go(func() { ask(i) })
		}
		waitFor(t, func() bool {
			return strings.Contains(w.send("GET", "/metrics", "").body, "askonce_joined_total 5\n")
		})
		close(release)
		group.Wait()
		if n := w.provider.calls(); n != 1 {
			t.Errorf("the provider was asked %d times", n)
		}
		for i, got := range replies {
			got.wants(t, 200)
			if i > 0 {
				got.wantsHeader(t, "Cache-Status", "collapsed")
			}
			if wants := i%2 == 0 && stream != ""; strings.HasPrefix(got.body, "data: ") != wants {
				t.Errorf("reply %d has the other form: %s", i, got.body)
			}
			if strings.Contains(got.body, `"usage":{`) == strings.HasPrefix(got.body, "data: ") {
				t.Errorf("reply %d: usage in a stream that did not ask, or none in a document: %s", i, got.body)
			}
		}
	}
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not come to pass")
		}
	}
}

func TestACallerWhoLeavesDoesNotEndTheFlightOfOthers(t *testing.T) {
	w := newWorld(t, plan{})
	arrived, release := make(chan struct{}), make(chan struct{})
	w.provider.answer(func(http.ResponseWriter, *http.Request) bool {
		close(arrived)
		<-release
		return false
	})
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "POST", w.url+"/v1/chat/completions", strings.NewReader(question("Who stays?")))
	must(t, err)
	r.Header.Set("Content-Type", "application/json")
	left := make(chan error)
	go func() {
		_, err := http.DefaultTransport.RoundTrip(r)
		left <- err
	}()
	<-arrived
	stays := make(chan reply)
	go func() { stays <- w.chat(question("Who stays?")) }()
	waitFor(t, func() bool {
		return strings.Contains(w.send("GET", "/metrics", "").body, "askonce_joined_total 1\n")
	})
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(release)
	(<-stays).wants(t, 200)
	if n := w.provider.calls(); n != 1 {
		t.Errorf("the provider was asked %d times", n)
	}
}

func TestBadBodiesAreRefusedAndNeverSent(t *testing.T) {
	w := newWorld(t, plan{})
	for _, test := range []struct{ name, body string }{
		{"empty", ""},
		{"broken", `{"model":"m","messages":[`},
		{"a list", `[]`},
		{"duplicate member", `{"model":"a","model":"b","messages":[]}`},
		{"bad UTF-8", "{\"model\":\"\xff\",\"messages\":[]}"},
		{"wrong type", `{"model":"m","messages":"hi"}`},
	} {
		got := w.chat(test.body, "Content-Type", "application/json").wants(t, 400).decode(t)
		if got["error"].(map[string]any)["type"] != "invalid_request_error" {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	if w.provider.calls() != 0 {
		t.Error("the provider was asked")
	}
}

func TestBodiesOverTheLimit(t *testing.T) {
	w := newWorld(t, plan{options: func(o *api.Options) { o.MaxBody = 1000 }})
	long := question(strings.Repeat("x", 1000))
	w.chat(long).wants(t, 413)
	r, err := http.NewRequest("POST", w.url+"/v1/chat/completions", io.MultiReader(strings.NewReader(long)))
	must(t, err)
	r.Header.Set("Content-Type", "application/json")
	w.exchange(r).wants(t, 413) // chunked: no length was announced
	r, err = http.NewRequest("POST", w.url+"/v1/chat/completions", io.MultiReader(strings.NewReader(question("short"))))
	must(t, err)
	r.Header.Set("Content-Type", "application/json")
	w.exchange(r).wants(t, 200)
	w.post("/v1/cache/lookup", `{"prompt":"`+long+`"}`).wants(t, 413).wantsHeader(t, "Content-Type", "application/problem+json")
	w.chat(question("x"), "Content-Encoding", "gzip").wants(t, 415)
}
