package qdrantcache_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/qdrantcache"
	"github.com/askonce/askonce/cache/qdrantcache/peer"
)

// shared is the server of all tests that don't end it, once one of them asked.
var shared struct {
	once sync.Once
	peer *peer.Peer
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.peer != nil {
		shared.peer.Close()
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// server returns the address of the full server that QDRANT_ADDR names, or of
// the peer.
func server(tb testing.TB) string {
	tb.Helper()
	if addr := os.Getenv("QDRANT_ADDR"); addr != "" {
		return addr
	}
	shared.once.Do(func() { shared.peer, shared.err = peer.Start(peer.Options{}) })
	if shared.err != nil {
		tb.Fatal(shared.err)
	}
	return shared.peer.Addr()
}

// options are for a collection of the test's own, which is removed at its end.
func options(tb testing.TB) qdrantcache.Options {
	tb.Helper()
	o := qdrantcache.Options{
		URL: server(tb), APIKey: os.Getenv("QDRANT_API_KEY"), Collection: "test-" + rand.Text(),
		Identity: "test-model/1/3", Dimensions: 3, Timeout: 30 * time.Second,
		Log: slog.New(slog.DiscardHandler),
	}
	tb.Cleanup(func() { admin(tb, o).removeAll(o.Collection) })
	return o
}

func open(tb testing.TB, o qdrantcache.Options) *qdrantcache.Index {
	tb.Helper()
	x, err := qdrantcache.Open(context.Background(), o)
	if err != nil {
		tb.Fatalf("Open: %v", err)
	}
	tb.Cleanup(func() {
		if err := x.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	})
	return x
}

func openHarness(tb testing.TB, dimensions int) cachetest.IndexHarness {
	o := options(tb)
	o.Dimensions = dimensions
	x := open(tb, o)
	return cachetest.IndexHarness{
		Index: x,
		Reopen: func(tb testing.TB) cache.Index {
			if err := x.Close(); err != nil {
				tb.Fatal(err)
			}
			return open(tb, o)
		},
	}
}

func point(n int, vector ...float32) cache.Point {
	now := time.Now()
	return cache.Point{
		Key: cachetest.Key(n), Scope: cachetest.Scope(1), Vector: vector, Text: fmt.Sprint("question ", n),
		Created: now, Expires: now.Add(time.Hour),
	}
}

func upsert(tb testing.TB, x cache.Index, points ...cache.Point) {
	tb.Helper()
	if err := x.Upsert(context.Background(), points); err != nil {
		tb.Fatalf("Upsert: %v", err)
	}
}

// search asks for the neighbours of the first axis.
func search(x cache.Index) ([]cache.Candidate, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return x.Nearest(ctx, cache.Nearest{Scope: cachetest.Scope(1), Vector: []float32{1, 0, 0}, K: 9})
}

func wantFound(tb testing.TB, x cache.Index, want ...int) {
	tb.Helper()
	found, err := search(x)
	if err != nil {
		tb.Errorf("Nearest: %v", err)
	}
	ok := len(found) == len(want)
	for i := 0; ok && i < len(want); i++ {
		ok = found[i].Key == cachetest.Key(want[i])
	}
	if !ok {
		tb.Errorf("found %v, want keys %v", found, want)
	}
}
