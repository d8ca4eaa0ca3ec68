// What an exact hit costs beside a bare echo handler that reads the same body
// and writes the same answer: the handler alone, without the network.

package api_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/askonce/askonce/api"
)

// sink is the least that a handler can write to.
type sink struct {
	header http.Header
	status int
	n      int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(p []byte) (int, error) { s.n += len(p); return len(p), nil }

func (s *sink) reset() {
	clear(s.header)
	s.status, s.n = 0, 0
}

// rewound is a request body that can be read again.
type rewound struct{ bytes.Reader }

func (*rewound) Close() error { return nil }

func benchmarkHandler(b *testing.B, h http.Handler, body string) {
	r, err := http.NewRequest("POST", "http://localhost/v1/chat/completions", nil)
	must(b, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer sk-benchmark")
	r.Header.Set("User-Agent", "benchmark")
	r.ContentLength = int64(len(body))
	raw, reader, w := []byte(body), &rewound{}, &sink{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		reader.Reset(raw)
		r.Body = reader
		w.reset()
		h.ServeHTTP(w, r)
		if w.status != 200 {
			b.Fatal(w.status)
		}
	}
}

func BenchmarkExactHit(b *testing.B) {
	w := newWorld(b, plan{options: func(o *api.Options) { o.Logger = slog.New(slog.DiscardHandler) }})
	body := question(strings.Repeat("How do I bind a socket? ", 80))
	answer := strings.Repeat("Call bind with the address. ", 60)
	w.post("/v1/cache/store", `{"request":`+body+`,"response":"`+answer+`"}`, "Authorization", "Bearer sk-benchmark").wants(b, 201)
	benchmarkHandler(b, w.server, body)
}

func BenchmarkBareEcho(b *testing.B) {
	body := question(strings.Repeat("How do I bind a socket? ", 80))
	answer := []byte(strings.Repeat("Call bind with the address. ", 70))
	e := echo.New()
	e.POST("/v1/chat/completions", func(c echo.Context) error {
		if _, err := io.ReadAll(c.Request().Body); err != nil {
			return err
		}
		return c.Blob(http.StatusOK, "application/json", answer)
	})
	benchmarkHandler(b, e, body)
}
