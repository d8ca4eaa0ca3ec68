package rediscache_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/rediscache"
	"github.com/askonce/askonce/cache/rediscache/redistest"
)

func TestMain(m *testing.M) {
	logging.Disable() // servers are killed on purpose here
	goleak.VerifyTestMain(m)
}

// open returns a store that the test closes.
func open(tb testing.TB, options rediscache.Options) *rediscache.Store {
	tb.Helper()
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := rediscache.Open(context.Background(), options)
	if err != nil {
		tb.Fatalf("Open: %v", err)
	}
	tb.Cleanup(func() { s.Close() })
	return s
}

// contract runs the suite with a prefix of its own for each case.
func contract(t *testing.T, url string) {
	var cases atomic.Int64
	fresh := func(tb testing.TB) cachetest.StoreHarness {
		options := rediscache.Options{URL: url, Prefix: fmt.Sprintf("case%d", cases.Add(1))}
		s := open(tb, options)
		return cachetest.StoreHarness{Store: s, Reopen: func(tb testing.TB) cache.Store {
			s.Close()
			return open(tb, options)
		}}
	}
	cachetest.TestStore(t, fresh)
	cachetest.TestBooks(t, fresh)
	cachetest.TestCounters(t, fresh)
}

func TestContractOnOneServer(t *testing.T) {
	t.Parallel()
	contract(t, redistest.Start(t).URL())
}

func TestContractOnCluster(t *testing.T) {
	t.Parallel()
	contract(t, redistest.StartCluster(t, 0).URL())
}

func TestContractUnderSentinel(t *testing.T) {
	t.Parallel()
	contract(t, redistest.StartSentinel(t).URL())
}
