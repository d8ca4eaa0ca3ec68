package cache_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/embedded"
	"github.com/askonce/askonce/internal/llm"
)

func benchWorld(b *testing.B, l1 int64) *cache.Cache {
	db, err := embedded.Open(embedded.Options{Folder: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	embedder := &bagOfWords{}
	index, err := db.Index(embedder.Identity(), embedder.Dimensions())
	if err != nil {
		b.Fatal(err)
	}
	c, err := cache.New(cache.Options{Store: db.Store(), Index: index, Embedder: embedder, L1Bytes: l1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close(context.Background()); db.Close() })
	return c
}

// BenchmarkFetchHit is an exact hit of a 2 KB answer, from memory and from the
// embedded store.
func BenchmarkFetchHit(b *testing.B) {
	for name, l1 := range map[string]int64{"memory": 0, "store": -1} {
		b.Run(name, func(b *testing.B) {
			c := benchWorld(b, l1)
			req := cache.NewPrompt("acme", "", "a question")
			answer := []byte(fmt.Sprintf("%q", strings.Repeat("word ", 400)))
			if _, err := c.Store(b.Context(), req, cache.Stored{Response: answer}); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				a, err := c.Fetch(b.Context(), req, nil)
				if err != nil || a.Entry == nil {
					b.Fatal("missed")
				}
				a.Close()
			}
		})
	}
}

// BenchmarkFetchMiss is a miss with the semantic layer off, on an origin that
// costs nothing: what the cache itself adds.
func BenchmarkFetchMiss(b *testing.B) {
	c := benchWorld(b, 0)
	doc := answerJSON("Hello.", "stop")
	load := func(context.Context) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(doc)), ContentLength: int64(len(doc))}, nil
	}
	view, err := llm.ParseRequest(llm.Chat, []byte(`{"model":"m","messages":[{"role":"user","content":"Hello"}]}`))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		req := cache.NewRequest("acme", fmt.Sprint("n", n), cache.Origin{}, view)
		req.Mode = cache.ModeExact
		a, err := c.Fetch(b.Context(), req, load)
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, err = a.Next(b.Context())
		}
		a.Close()
	}
}

func BenchmarkNewPrompt(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		cache.NewPrompt("acme", "", "How do I reset my password?")
	}
}
