// What every test stands on: the real service over the embedded stores, with
// the provider simulator behind the real upstream client.

package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"hash/fnv"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/askonce/askonce/api"
	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/embedded"
	"github.com/askonce/askonce/upstream"
	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
	"github.com/askonce/askonce/upstream/simulator"
)

// world is a running service and the provider behind it.
type world struct {
	t        testing.TB
	server   *api.Server
	url      string
	provider *provider
	cache    *cache.Cache
	db       *embedded.DB
	log      *lockedBuffer
	registry *prometheus.Registry
}

// plan is what a test wants to be different.
type plan struct {
	script      []simulator.Step
	upstreamKey string
	ledger      pace.Ledger // of the upstream; nil: its own
	limits      []limit.Axis
	options     func(*api.Options)
	cache       func(*cache.Options)
}

func newWorld(t testing.TB, p plan) *world {
	t.Helper()
	w := &world{t: t, log: &lockedBuffer{}, registry: prometheus.NewRegistry()}
	sim, err := simulator.New(simulator.Options{Script: p.script})
	must(t, err)
	w.provider = &provider{handler: sim}
	origin := httptest.NewServer(w.provider)
	t.Cleanup(origin.Close)

	client, err := upstream.New(upstream.Options{BaseURL: origin.URL + "/v1", APIKey: p.upstreamKey, MaxTries: 1, Ledger: p.ledger, Limits: p.limits})
	must(t, err)
	t.Cleanup(client.Close)

	w.openCache(p)
	opts := api.Options{
		Cache: w.cache, Upstream: client, UpstreamURL: origin.URL + "/v1", UpstreamKey: p.upstreamKey != "",
		Secret: []byte("a secret of sixteen bytes or more"), Loopback: true, Version: "test",
		Registerer: w.registry, Gatherer: w.registry, Room: client,
		Logger: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if p.options != nil {
		p.options(&opts)
	}
	w.server, err = api.New(opts)
	must(t, err)
	service := httptest.NewServer(w.server)
	service.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(service.Close)
	w.url = service.URL
	return w
}

func (w *world) openCache(p plan) {
	t := w.t
	db, err := embedded.Open(embedded.Options{Folder: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	w.db = db
	t.Cleanup(func() { db.Close() })
	embedder := bagOfWords{}
	index, err := db.Index(embedder.Identity(), embedder.Dimensions())
	must(t, err)
	opts := cache.Options{Store: db.Store(), Index: index, Embedder: embedder, Registerer: w.registry}
	if p.cache != nil {
		p.cache(&opts)
	}
	w.cache, err = cache.New(opts)
	must(t, err)
	t.Cleanup(func() { w.cache.Close(context.Background()) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
	err    error // of reading the body
}

// send makes a request; headers are names and values in turn. A body that is
// not empty is JSON unless a header says otherwise.
func (w *world) send(method, path, body string, headers ...string) reply {
	w.t.Helper()
	r, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	must(w.t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	return w.exchange(r)
}

func (w *world) exchange(r *http.Request) reply {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
	defer cancel()
	resp, err := http.DefaultTransport.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(got), err}
}

func (w *world) post(path, body string, headers ...string) reply {
	w.t.Helper()
	return w.send(http.MethodPost, path, body, headers...)
}

func (w *world) chat(body string, headers ...string) reply {
	w.t.Helper()
	return w.post("/v1/chat/completions", body, headers...)
}

// decode reads a JSON document.
func (r reply) decode(t testing.TB) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(r.body), &doc); err != nil {
		t.Fatalf("status %d: %v in %q", r.status, err, r.body)
	}
	return doc
}

// wants fails the test unless the status is the one wanted.
func (r reply) wants(t testing.TB, status int) reply {
	t.Helper()
	if r.err != nil {
		t.Fatalf("request failed: %v", r.err)
	}
	if r.status != status {
		t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	return r
}

// wantsHeader fails the test unless the header has a part.
func (r reply) wantsHeader(t testing.TB, name, part string) reply {
	t.Helper()
	if got := r.header.Get(name); !strings.Contains(got, part) {
		t.Fatalf("%s: %q, want %q in it (status %d: %s)", name, got, part, r.status, r.body)
	}
	return r
}

// provider is the simulator, with a memory of what it was sent.
type provider struct {
	handler http.Handler
	before  atomic.Pointer[func(w http.ResponseWriter, r *http.Request) bool] // true: answered

	mu       sync.Mutex
	received []received
}

type received struct {
	method, uri string
	header      http.Header
	body        string
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.mu.Lock()
	p.received = append(p.received, received{r.Method, r.RequestURI, r.Header.Clone(), string(body)})
	p.mu.Unlock()
	if before := p.before.Load(); before != nil && (*before)(w, r) {
		return
	}
	p.handler.ServeHTTP(w, r)
}

// answer makes the provider answer in another way.
func (p *provider) answer(f func(w http.ResponseWriter, r *http.Request) bool) { p.before.Store(&f) }

func (p *provider) calls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.received)
}

func (p *provider) last(t testing.TB) received {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.received) == 0 {
		t.Fatal("the provider was not asked")
	}
	return p.received[len(p.received)-1]
}

// key makes an askonce key for the configuration.
func key(text, tenant string, role api.Role) api.Key {
	return api.Key{ID: tenant + "-" + string(role), Tenant: tenant, Role: role, Hash: sha256.Sum256([]byte(text))}
}

// bagOfWords is a small honest embedder: texts that share words are near.
type bagOfWords struct{}

const bagDimensions = 64

func (bagOfWords) Identity() string { return "bag-of-words/1/64" }
func (bagOfWords) Dimensions() int  { return bagDimensions }

func (bagOfWords) Embed(_ context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		v, norm := make([]float32, bagDimensions), 0.0
		for word := range strings.FieldsSeq(strings.ToLower(text)) {
			h := fnv.New32a()
			io.WriteString(h, word)
			v[h.Sum32()%bagDimensions]++
		}
		for _, x := range v {
			norm += float64(x) * float64(x)
		}
		for j := range v {
			v[j] /= float32(math.Sqrt(norm))
		}
		vectors[i] = v
	}
	return vectors, nil
}

// lockedBuffer is a log that the test may read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// question is the body of a one-turn chat.
func question(text string, more ...string) string {
	return `{"model":"gpt-4o","messages":[{"role":"user","content":"` + text + `"}]` + strings.Join(more, "") + `}`
}
