package simulator_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/askonce/askonce/upstream/simulator"
)

// discard is a ResponseWriter that keeps nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Flush()                      {}

// body is a request body without allocations of its own.
type body struct{ strings.Reader }

func (*body) Close() error { return nil }

// BenchmarkSimulator measures the handler alone, for requests of about 2 KB.
func BenchmarkSimulator(b *testing.B) {
	sim, err := simulator.New(simulator.Options{})
	if err != nil {
		b.Fatal(err)
	}
	long := strings.Repeat("Please help me with my order. ", 64)
	for name, bench := range map[string]struct{ path, body string }{
		"chat":       {"/v1/chat/completions", `{"model":"gpt-4o","messages":[{"role":"user","content":"` + long + `"}]}`},
		"stream":     {"/v1/chat/completions", `{"model":"gpt-4o","stream":true,"max_tokens":50,"messages":[{"role":"user","content":"` + long + `"}]}`},
		"embeddings": {"/v1/embeddings", `{"model":"text-embedding-3-small","encoding_format":"base64","input":"` + long + `"}`},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			w := &discard{header: http.Header{}}
			in := &body{}
			r := &http.Request{Method: http.MethodPost, URL: &url.URL{Path: bench.path}, Header: http.Header{}, Body: in}
			for b.Loop() {
				in.Reset(bench.body)
				clear(w.header)
				sim.ServeHTTP(w, r)
			}
		})
	}
}
