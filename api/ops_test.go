package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/dunglas/httpsfv"
	"go.uber.org/goleak"

	"github.com/askonce/askonce/api"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"))
}

func TestHealth(t *testing.T) {
	w := newWorld(t, plan{})
	w.send("GET", "/healthz", "").wants(t, 200)
	w.send("HEAD", "/healthz", "").wants(t, 200)
	got := w.send("GET", "/readyz", "").wants(t, 200).decode(t)
	if got["status"] != "ready" || len(got["dependencies"].([]any)) != 6 || got["version"] != "test" {
		t.Errorf("%v", got)
	}
	w.db.Close()
	for range 10 {
		w.post("/v1/cache/lookup", `{"prompt":"x"}`).wants(t, 200)
	}
	got = w.send("GET", "/readyz", "").wants(t, 200).decode(t)
	if got["status"] != "degraded" {
		t.Errorf("the store is down: %v", got)
	}
	w.server.Drain()
	w.send("GET", "/readyz", "").wants(t, 503)
	w.send("GET", "/healthz", "").wants(t, 200)
	if got := w.send("GET", "/", "").wants(t, 200); !strings.Contains(got.body, "/openapi.yaml") {
		t.Error(got.body)
	}
}

func TestMetricsAreBounded(t *testing.T) {
	w := newWorld(t, plan{})
	w.chat(question("x")).wants(t, 200)
	w.chat(question("x")).wants(t, 200)
	w.send("GET", "/v1/some/path/of/the/provider", "").wants(t, 401)
	w.send("GET", "/some/other/path", "").wants(t, 404)
	got := w.send("GET", "/metrics", "").wants(t, 200).body
	for _, line := range []string{
		`askonce_http_requests_total{code="200",route="/v1/chat/completions"} 2`,
		`askonce_http_seconds_count{layer="exact",route="/v1/chat/completions"} 1`,
		`askonce_http_seconds_count{layer="miss",route="/v1/chat/completions"} 1`,
		`askonce_http_requests_total{code="401",route="/v1/*"} 1`,
		`askonce_http_requests_total{code="404",route="other"} 1`,
		`askonce_lookups_total{layer="exact"} 1`,
	} {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("no %s in:\n%s", line, got)
		}
	}
	if strings.Contains(got, "some/path") || strings.Contains(got, "some/other") {
		t.Error("a path of a caller's became a label")
	}
}

func TestLogsHoldNoSecretAndNoPrompt(t *testing.T) {
	w := newWorld(t, plan{options: func(o *api.Options) { o.Loopback = false }})
	w.chat(question("my-prompt-text"), "Authorization", "Bearer sk-my-credential").wants(t, 200)
	w.send("GET", "/v1/files?after=my-query-text", "", "Authorization", "Bearer sk-my-credential")
	w.post("/v1/cache/store", `{"prompt":"my-prompt-text","response":"my-answer-text"}`).wants(t, 201)
	w.post("/v1/cache/lookup", `{"prompt":"my-prompt-text","prompt":"x"}`).wants(t, 400)
	log := w.log.String()
	if !strings.Contains(log, "route=/v1/chat/completions status=200") {
		t.Errorf("no line for the request in:\n%s", log)
	}
	if strings.Contains(log, "my-") {
		t.Errorf("the log tells too much:\n%s", log)
	}
}

func TestHeadersParseAndHoldNoPrompt(t *testing.T) {
	w := newWorld(t, plan{})
	w.provider.answer(func(rw http.ResponseWriter, _ *http.Request) bool {
		rw.Header().Set("Cache-Status", `edge; fwd=miss`)
		return false
	})
	replies := []reply{
		w.chat(question("secret words here now")), w.chat(question("secret words here now")), w.chat(question("now here words secret")),
		w.chat(question("secret words here now"), "Cache-Control", "no-cache"), w.chat(question("s"), "Cache-Control", "only-if-cached"),
		w.post("/v1/embeddings", inputs(`["a","b"]`)), w.post("/v1/embeddings", inputs(`["a","c"]`)), w.post("/v1/embeddings", inputs(`["a","b"]`)),
		w.send("GET", "/v1/models", ""),
	}
	for i, got := range replies {
		list, err := httpsfv.UnmarshalList(got.header.Values("Cache-Status"))
		if err != nil || len(list) == 0 {
			t.Errorf("%d: Cache-Status %q: %v", i, got.header.Values("Cache-Status"), err)
			continue
		}
		if own := list[len(list)-1].(httpsfv.Item); own.Value != httpsfv.Token("askonce") {
			t.Errorf("%d: %v", i, own)
		}
		for name, values := range got.header {
			if strings.Contains(strings.Join(values, ""), "secret") {
				t.Errorf("%s holds the prompt: %v", name, values)
			}
		}
	}
	if got := replies[0].header.Get("Cache-Status"); !strings.HasPrefix(got, "edge; fwd=miss, askonce; fwd=uri-miss") {
		t.Errorf("the provider's own caches are not named first: %s", got)
	}
}
