// A proxy before the provider that remembers what passed.

package sdktest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// call is one request that reached the provider.
type call struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"` // null if it is long or no JSON
	Length  int               `json:"length"`
}

// longestBody is how much of a body is worth remembering.
const longestBody = 64 << 10

// recorder passes requests on. GET /recorded tells what passed under /v1.
type recorder struct {
	proxy *httputil.ReverseProxy

	mu    sync.Mutex
	calls []call
}

// startRecorder returns the address of a recorder before the provider.
func startRecorder(t *testing.T, provider string) string {
	t.Helper()
	target, err := url.Parse(provider)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{calls: []call{}, proxy: &httputil.ReverseProxy{
		Rewrite:       func(p *httputil.ProxyRequest) { p.SetURL(target) },
		FlushInterval: -1, // event by event
	}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return server.URL
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path == "/recorded" {
		r.tell(w)
		return
	}
	if strings.HasPrefix(req.URL.Path, "/v1/") {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		r.remember(req, body)
	}
	r.proxy.ServeHTTP(w, req)
}

func (r *recorder) remember(req *http.Request, body []byte) {
	c := call{Method: req.Method, Path: req.URL.Path, Headers: make(map[string]string), Length: len(body)}
	for name := range req.Header {
		c.Headers[name] = req.Header.Get(name)
	}
	if len(body) <= longestBody && json.Valid(body) {
		c.Body = body
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
}

func (r *recorder) tell(w http.ResponseWriter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(r.calls)
}
