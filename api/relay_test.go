package api_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/askonce/askonce/api"
)

func TestModelsPassThrough(t *testing.T) {
	w := newWorld(t, plan{upstreamKey: "sk-service"})
	w.send("GET", "/v1/models", "").wants(t, 200).wantsHeader(t, "Cache-Status", "fwd=bypass")
	got := w.send("GET", "/v1/models/org%2Fmodel?x=1", "")
	if got := w.provider.last(t); got.uri != "/v1/models/org%2Fmodel?x=1" || got.header.Get("Authorization") != "Bearer sk-service" {
		t.Errorf("the provider got %s with %q", got.uri, got.header.Get("Authorization"))
	}
	if got.header.Get("Age") != "" {
		t.Error("it looks cached")
	}
}

func TestOtherPathsWantTheCallersOwnKey(t *testing.T) {
	w := newWorld(t, plan{upstreamKey: "sk-service"})
	for _, test := range []struct{ method, path string }{
		{"POST", "/v1/batches"}, {"GET", "/v1/files"}, {"DELETE", "/v1/models/mine"}, {"GET", "/v1/chat/completions"},
		{"PATCH", "/v1/anything/at/all"}, {"POST", "/v1/models"},
	} {
		refused := w.send(test.method, test.path, "")
		refused.wants(t, 403).wantsHeader(t, "Content-Type", "application/json")
		if w.provider.calls() != 0 {
			t.Fatalf("%s %s was sent", test.method, test.path)
		}
	}
	w.send("POST", "/v1/batches?a=b", `{"x":1}`, "Authorization", "Bearer sk-own", "Cookie", "session=1", "X-Forwarded-For", "10.0.0.1")
	got := w.provider.last(t)
	if got.method != "POST" || got.uri != "/v1/batches?a=b" || got.body != `{"x":1}` || got.header.Get("Authorization") != "Bearer sk-own" {
		t.Errorf("the provider got %+v", got)
	}
	if got.header.Get("Cookie") != "" || got.header.Get("X-Forwarded-For") != "" {
		t.Errorf("the provider got too much: %v", got.header)
	}
	without := newWorld(t, plan{})
	without.send("GET", "/v1/files", "").wants(t, 401)
	without.send("GET", "/v1/models", "").wants(t, 200)
}

func TestAllowedPaths(t *testing.T) {
	w := newWorld(t, plan{upstreamKey: "sk-service", options: func(o *api.Options) {
		o.AllowPaths = []string{"POST /v1/moderations", "GET /v1/files/*"}
	}})
	for _, test := range []struct {
		method, path string
		passes       bool
	}{
		{"POST", "/v1/moderations", true},
		{"GET", "/v1/moderations", false},
		{"POST", "/v1/moderations/x", false},
		{"GET", "/v1/files/a/content", true},
		{"GET", "/v1/files", false},
		{"GET", "/v1/files/", false},
		{"GET", "/v1/filesystem/x", false},
		{"GET", "/v1/models", false},
		{"GET", "/v1/files/../fine_tuning", false},
		{"GET", "/v1/files/%2e%2e/fine_tuning", false},
		{"GET", "/v1/files/..%2Ffine_tuning", false},
		{"GET", "/v1//files/x", false},
	} {
		before := w.provider.calls()
		got := w.send(test.method, test.path, "")
		if passed := w.provider.calls() > before; passed != test.passes {
			t.Errorf("%s %s: passed: %v, status %d", test.method, test.path, passed, got.status)
		}
	}
}

func TestRelayedBodiesAndAnswersAreUntouched(t *testing.T) {
	w := newWorld(t, plan{})
	w.provider.answer(func(rw http.ResponseWriter, r *http.Request) bool {
		rw.Header().Set("Content-Type", "audio/mpeg")
		rw.WriteHeader(201)
		io.WriteString(rw, "\x00\x01\xff")
		return true
	})
	form := "--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n\xff\xfe\r\n--b--\r\n"
	got := w.send("POST", "/v1/audio/speech", form, "Content-Type", "multipart/form-data; boundary=b", "Authorization", "Bearer sk-own")
	got.wants(t, 201).wantsHeader(t, "Content-Type", "audio/mpeg")
	if got.body != "\x00\x01\xff" || w.provider.last(t).body != form {
		t.Errorf("changed on the way: %q, %q", got.body, w.provider.last(t).body)
	}
}

func TestWebSocketsAreRefusedClearly(t *testing.T) {
	w := newWorld(t, plan{})
	w.send("GET", "/v1/realtime?model=x", "", "Upgrade", "websocket", "Connection", "Upgrade", "Authorization", "Bearer sk-own").wants(t, 501)
}

func TestUnknownPaths(t *testing.T) {
	w := newWorld(t, plan{})
	for _, path := range []string{"/nothing", "/v1/cache/nothing", "/v1/cache", "/v2/chat/completions"} {
		got := w.send("GET", path, "", "Authorization", "Bearer sk-own").wants(t, 404)
		if !strings.HasPrefix(got.header.Get("Content-Type"), "application/problem+json") {
			t.Errorf("%s: %s", path, got.header.Get("Content-Type"))
		}
	}
	w.send("PUT", "/v1/cache/lookup", "", "Authorization", "Bearer sk-own").wants(t, 405).wantsHeader(t, "Allow", "POST")
	w.send("PATCH", "/v1/cache/entries/x", "").wants(t, 405).wantsHeader(t, "Allow", "GET")
	if w.provider.calls() != 0 {
		t.Error("the provider was asked for a path of ours")
	}
}
