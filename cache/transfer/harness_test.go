package transfer_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/embedded"
	"github.com/askonce/askonce/cache/transfer"
	"github.com/askonce/askonce/internal/llm"
)

// byLetters is an embedder whose vectors tell texts apart by their letters.
// name is part of its identity, and turn of its vector space.
type byLetters struct {
	name  string
	turn  int
	calls atomic.Int64 // texts embedded
}

const dimensions = 32

func (b *byLetters) Identity() string { return b.name }
func (b *byLetters) Dimensions() int  { return dimensions }

func (b *byLetters) Embed(_ context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		if len(text) > 500 {
			return nil, tooLong{}
		}
		v := make([]float32, dimensions)
		var sum float64
		for _, c := range []byte(text) {
			v[(int(c)+b.turn)%dimensions]++
		}
		for _, x := range v {
			sum += float64(x) * float64(x)
		}
		for j := range v {
			v[j] /= float32(math.Sqrt(sum))
		}
		vectors[i] = v
	}
	b.calls.Add(int64(len(texts)))
	return vectors, nil
}

type tooLong struct{}

func (tooLong) Error() string { return "too long" }
func (tooLong) TooLong() bool { return true }

// world is a place for a cache: a folder, and an embedder.
type world struct {
	db       *embedded.DB
	store    cache.Store
	index    cache.Index
	embedder *byLetters
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, &byLetters{name: "letters/1/32"})
}

func newWorldOf(t *testing.T, embedder *byLetters) *world {
	t.Helper()
	db, err := embedded.Open(embedded.Options{Folder: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	index, err := db.Index(embedder.Identity(), dimensions)
	if err != nil {
		t.Fatal(err)
	}
	return &world{db, db.Store(), index, embedder}
}

// use runs do with a cache on the world.
func (w *world) use(t *testing.T, do func(c *cache.Cache)) {
	t.Helper()
	c, err := cache.New(cache.Options{
		Store: w.store, Index: w.index, Embedder: w.embedder,
		// The machine may be slow; a lookup that ran out of time is a miss.
		Budget: time.Minute, StoreTimeout: time.Minute, IndexTimeout: time.Minute, EmbedTimeout: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	do(c)
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// question is the nth of many that are not alike.
func question(n int) string {
	sum := sha256.Sum256(fmt.Append(nil, n))
	return fmt.Sprintf("%x, what is number %d?", sum[:6], n)
}

// response is pretty-printed as providers do, with characters that JSON
// writers like to change.
func response(n int) string {
	return fmt.Sprintf("{\n  \"n\": %d.0,\n  \"text\": \"<a> & é \\u00e9 \u2028\"\n}\n", n)
}

// fill stores the questions from to to, many at the same time, so that they
// share commits.
func (w *world) fill(t *testing.T, from, to int) {
	t.Helper()
	w.use(t, func(c *cache.Cache) {
		var group errgroup.Group
		group.SetLimit(64)
		for n := from; n < to; n++ {
			group.Go(func() error {
				req := cache.NewPrompt("acme", "support", question(n))
				req.Tags, req.TTL = []string{"v1"}, time.Hour
				_, err := c.Store(t.Context(), req, cache.Stored{
					Response: []byte(response(n)), Usage: llm.Usage{Input: int64(n), Output: 2, Cached: 1}, HasUsage: true,
					Took: time.Duration(n) * time.Millisecond,
				})
				return err
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
	})
}

// wants checks that the questions from to to are answered, as they were asked
// and slightly otherwise.
func (w *world) wants(t *testing.T, from, to int) {
	t.Helper()
	w.use(t, func(c *cache.Cache) {
		for n := from; n < to; n++ {
			for text, layer := range map[string]cache.Layer{question(n): cache.LayerExact, question(n) + "?": cache.LayerSemantic} {
				e, receipt := c.Lookup(t.Context(), cache.NewPrompt("acme", "support", text))
				if e == nil || receipt.Layer != layer {
					t.Fatalf("question %d: layer %q (%s), want %q", n, receipt.Layer, receipt.Reason, layer)
				}
				if string(e.Response) != response(n) || e.Usage.Input != int64(n) || e.Took != time.Duration(n)*time.Millisecond || len(e.Meta.Tags) != 1 {
					t.Errorf("question %d (%s): another entry came back: %+v", n, layer, e)
				}
			}
		}
	})
}

func sealer(t *testing.T) *cache.Sealer {
	t.Helper()
	s, err := cache.NewSealer(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) header() transfer.Header {
	return transfer.NewHeader("test", time.Now()).WithVectors(w.embedder.Identity(), dimensions)
}

// export returns the world as a file.
func (w *world) export(t *testing.T) []byte {
	t.Helper()
	var file bytes.Buffer
	out, err := transfer.NewWriter(&file, w.header())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := transfer.Export(t.Context(), out, w.exportOptions(t)); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func (w *world) exportOptions(t *testing.T) transfer.ExportOptions {
	t.Helper()
	vectors, _ := w.index.(cache.VectorReader)
	return transfer.ExportOptions{Entries: w.store.(cache.Scanner), Books: w.store.(cache.Books), Sealer: sealer(t), Vectors: vectors}
}

func (w *world) importOptions(t *testing.T) transfer.ImportOptions {
	t.Helper()
	return transfer.ImportOptions{Store: w.store, Books: w.store.(cache.Books), Sealer: sealer(t), Index: w.index, Embedder: w.embedder}
}

// take imports a file that has nothing wrong.
func (w *world) take(t *testing.T, file []byte) transfer.Imported {
	t.Helper()
	done, bad, err := w.tryTake(t, file)
	if err != nil || len(bad) > 0 {
		t.Fatalf("import: %v, bad lines %v", err, bad)
	}
	return done
}

// tryTake imports a file and returns what was wrong with it.
func (w *world) tryTake(t *testing.T, file []byte) (done transfer.Imported, bad []*transfer.LineError, err error) {
	t.Helper()
	r, err := transfer.NewReader(bytes.NewReader(file))
	if err != nil {
		return done, nil, err
	}
	opts := w.importOptions(t)
	opts.Bad = func(err *transfer.LineError) { bad = append(bad, err) }
	done, err = transfer.Import(t.Context(), r, opts)
	return done, bad, err
}

// stopAfter fails after so many writes, in the middle of the last one.
type stopAfter struct {
	io.Writer
	writes int
}

var errStopped = errors.New("stopped")

func (s *stopAfter) Write(p []byte) (int, error) {
	if s.writes--; s.writes < 0 {
		n, _ := s.Writer.Write(p[:len(p)/2])
		return n, errStopped
	}
	return s.Writer.Write(p)
}
