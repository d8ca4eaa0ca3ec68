package httpembed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/askonce/askonce/embed/embedtest"
)

var kinds = []string{KindOpenAI, KindTEI, KindOllama}

func open(t *testing.T, opts Options) *Embedder {
	t.Helper()
	e, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestContract(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			embedtest.Run(t, embedtest.Harness{
				New:     func(t *testing.T) embedtest.Embedder { return open(t, serve(t, kind)) },
				TooLong: strings.Repeat("word ", testWords+1),
			})
		})
	}
}

func TestIdentity(t *testing.T) {
	opts := Options{Kind: KindTEI, BaseURL: "http://tei:8080", Model: "BAAI/bge-m3", Dimensions: 1024}
	if got := open(t, opts).Identity(); got != "tei/BAAI/bge-m3/1024" {
		t.Errorf("identity %q", got)
	}
	opts.Revision = "v2"
	if got := open(t, opts).Identity(); got != "tei/BAAI/bge-m3@v2/1024" {
		t.Errorf("identity with a revision %q", got)
	}
}

func TestShorten(t *testing.T) {
	opts := serve(t, KindOpenAI)
	opts.Dimensions, opts.Shorten = 8, true
	vectors, err := open(t, opts).Embed(t.Context(), []string{"short"})
	if err != nil || len(vectors[0]) != 8 {
		t.Errorf("asked for 8 components: %v, %v", vectors, err)
	}
}

func TestEveryWrongOptionIsNamed(t *testing.T) {
	_, err := New(Options{Kind: "bert", Dimensions: -1, APIKey: "a\nb", Timeout: -1, BatchSize: -1})
	for _, name := range []string{"Kind", "BaseURL", "Model", "Dimensions", "APIKey", "Timeout", "BatchSize"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
	for _, url := range []string{"ftp://x", "http://", "http://user:secret@x", "http://x/?a=secret", "http://x/#secret", "://secret"} {
		_, err := New(Options{Kind: KindTEI, BaseURL: url, Model: "m", Dimensions: 1})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	const good = `{"data":[{"index":0,"embedding":[1,0]}]}`
	for name, c := range map[string]struct {
		contentType, body, want string
	}{
		"HTML":            {"text/html; charset=utf-8", "<html>welcome</html>", "text/html and not JSON"},
		"broken JSON":     {"application/json", good[:20], "not JSON of the API's shape"},
		"other JSON":      {"application/json", `{"data":"x"}`, "not JSON of the API's shape"},
		"too few":         {"application/json", `{"data":[]}`, "0 vectors for 1 texts"},
		"too many":        {"application/json", `{"data":[{"index":0,"embedding":[1,0]},{"index":1,"embedding":[1,0]}]}`, "2 vectors for 1 texts"},
		"wrong index":     {"application/json", `{"data":[{"index":1,"embedding":[1,0]}]}`, "indexes"},
		"wrong dimension": {"application/json", `{"data":[{"index":0,"embedding":[1,0,0]}]}`, "3 components"},
		"null":            {"application/json", `{"data":[{"index":0,"embedding":[1,null]}]}`, "null"},
		"null vector":     {"application/json", `{"data":[{"index":0,"embedding":null}]}`, "null"},
		"NaN":             {"application/json", `{"data":[{"index":0,"embedding":[1,NaN]}]}`, "not JSON of the API's shape"},
		"overflow":        {"application/json", `{"data":[{"index":0,"embedding":[1,1e300]}]}`, "not JSON of the API's shape"},
		"zeros":           {"application/json", `{"data":[{"index":0,"embedding":[0,0]}]}`, "all zeros"},
		"too big":         {"application/json", good + strings.Repeat(" ", 1<<20), "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, answers(t, http.StatusOK, c.contentType, c.body)).Embed(t.Context(), []string{"text"})
			var bad *AnswerError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want an AnswerError with %q", err, c.want)
			}
		})
	}
	if v, err := open(t, answers(t, http.StatusOK, "application/json", good)).Embed(t.Context(), []string{"text"}); err != nil || v[0][0] != 1 {
		t.Errorf("the good answer: %v, %v", v, err)
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		body    string
		want    StatusError
		tooLong bool
	}{
		"with a code":         {429, `{"error":{"message":"slow","type":"requests","code":"rate_limit_exceeded"}}`, StatusError{429, "rate_limit_exceeded"}, false},
		"with a type":         {400, `{"error":{"message":"no","type":"invalid_request_error","code":null}}`, StatusError{400, "invalid_request_error"}, false},
		"number as code":      {400, `{"object":"error","message":"no","type":"BadRequestError","code":400}`, StatusError{400, "BadRequestError"}, false},
		"odd code":            {400, `{"error":{"message":"no","code":{"a":1}}}`, StatusError{400, ""}, false},
		"prose as code":       {500, `{"error":{"code":"your key is ` + testKey + `"}}`, StatusError{500, ""}, false},
		"key as code":         {500, `{"error":{"code":"` + testKey + `"}}`, StatusError{500, ""}, false},
		"no JSON":             {502, `<html>bad gateway</html>`, StatusError{502, ""}, false},
		"error as text":       {503, `{"error":"busy"}`, StatusError{503, ""}, false},
		"too long by code":    {400, `{"error":{"message":"x","code":"context_length_exceeded"}}`, StatusError{}, true},
		"too long by words":   {400, `{"object":"error","message":"This model's maximum context length is 512 tokens.","type":"BadRequestError","code":400}`, StatusError{}, true},
		"too long by status":  {413, `<html>nginx</html>`, StatusError{}, true},
		"words of another 5x": {500, `{"error":{"message":"maximum context length"}}`, StatusError{500, ""}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, answers(t, c.status, "application/json", c.body)).Embed(t.Context(), []string{"private text"})
			var refused *StatusError
			var long *TooLongError
			if errors.As(err, &long) != c.tooLong {
				t.Fatalf("too long should be %v: %v", c.tooLong, err)
			}
			if !c.tooLong && (!errors.As(err, &refused) || *refused != c.want) {
				t.Errorf("%#v, want %#v", err, c.want)
			}
			if strings.Contains(err.Error(), testKey) || strings.Contains(err.Error(), "private") {
				t.Errorf("the error tells secrets: %v", err)
			}
		})
	}
}

func TestWrongKeyIsNotRepeated(t *testing.T) {
	opts := serve(t, KindOpenAI)
	opts.APIKey = "sk-wrong"
	_, err := open(t, opts).Embed(t.Context(), []string{"text"})
	if err == nil || !strings.Contains(err.Error(), "invalid_api_key") || !strings.Contains(err.Error(), "check APIKey") || strings.Contains(err.Error(), "sk-") {
		t.Errorf("%v", err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var reached atomic.Bool
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer target.Close()
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		s := httptest.NewServer(http.RedirectHandler(target.URL, status))
		_, err := open(t, Options{Kind: KindTEI, BaseURL: s.URL, Model: "m", Dimensions: 1, APIKey: testKey}).Embed(t.Context(), []string{"text"})
		s.Close()
		var refused *StatusError
		if !errors.As(err, &refused) || refused.Status != status || reached.Load() {
			t.Errorf("%d: %v, reached the target: %v", status, err, reached.Load())
		}
	}
}

// TestHangingServer has the service never answer: the timeout of the options
// ends the call, and so does that of the caller.
func TestHangingServer(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // the server watches for hang-ups only after it
		<-r.Context().Done()
	}))
	defer s.Close()
	opts := Options{Kind: KindTEI, BaseURL: s.URL, Model: "m", Dimensions: 1, Timeout: 20 * time.Millisecond}
	if _, err := open(t, opts).Embed(t.Context(), []string{"text"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the timeout of the options: %v", err)
	}
	opts.Timeout = 0
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := open(t, opts).Embed(ctx, []string{"text"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the caller's deadline: %v", err)
	}
}

func TestBrokenConnection(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, `[[1`)
	}))
	defer s.Close()
	_, err := open(t, Options{Kind: KindTEI, BaseURL: s.URL, Model: "m", Dimensions: 1}).Embed(t.Context(), []string{"text"})
	if err == nil || !strings.Contains(err.Error(), "reading the answer") {
		t.Errorf("%v", err)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"data":[{"index":0,"embedding":[1,0]}]}`))
	f.Add([]byte(`[[1,0]]`))
	f.Add([]byte(`{"embeddings":[[1,0]]}`))
	f.Add([]byte(`{"error":{"message":"x","code":{}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, d := range []dialect{openAI{}, tei{}, ollama{}} {
			d.failure(http.StatusBadRequest, body)
			vectors, err := d.vectors(body, 1)
			if err != nil {
				continue
			}
			out, err := unitVectors(vectors, 1, 2)
			if err == nil && (len(out) != 1 || len(out[0]) != 2) {
				t.Errorf("%v of %q", out, body)
			}
		}
	})
}
