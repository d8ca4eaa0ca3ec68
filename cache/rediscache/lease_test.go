package rediscache_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/rediscache"
	"github.com/askonce/askonce/cache/rediscache/redistest"
)

func acquire(t *testing.T, s *rediscache.Store, n int, holder string, life time.Duration) bool {
	t.Helper()
	held, err := s.Acquire(context.Background(), cachetest.Key(n), holder, life)
	if err != nil {
		t.Fatalf("Acquire: %v", err)
	}
	return held
}

func release(t *testing.T, s *rediscache.Store, n int, holder string) {
	t.Helper()
	if err := s.Release(context.Background(), cachetest.Key(n), holder); err != nil {
		t.Fatalf("Release: %v", err)
	}
}

// await starts waiting and returns where the answer comes.
func await(ctx context.Context, s *rediscache.Store, n int) <-chan error {
	done := make(chan error, 1)
	go func() { done <- s.Await(ctx, cachetest.Key(n)) }()
	return done
}

// answer returns what an Await ended with and how long that took.
func answer(t *testing.T, done <-chan error) (time.Duration, error) {
	t.Helper()
	began := time.Now()
	select {
	case err := <-done:
		return time.Since(began), err
	case <-time.After(15 * time.Second):
		t.Fatal("Await hangs")
		return 0, nil
	}
}

// still checks that an Await has not ended.
func still(t *testing.T, done <-chan error) {
	t.Helper()
	select {
	case err := <-done:
		t.Fatalf("Await ended early: %v", err)
	default:
	}
}

func TestLeases(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"one server": redistest.Start(t).URL(),
		"cluster":    redistest.StartCluster(t, 0).URL(),
	} {
		t.Run(name, func(t *testing.T) {
			a, b := open(t, rediscache.Options{URL: url}), open(t, rediscache.Options{URL: url})
			if !acquire(t, a, 1, "a", time.Minute) {
				t.Fatal("a free lease is not to be had")
			}
			if acquire(t, b, 1, "b", time.Minute) {
				t.Error("a lease has two holders")
			}
			if !acquire(t, a, 1, "a", time.Minute) {
				t.Error("the holder can't renew")
			}
			if !acquire(t, b, 2, "b", time.Minute) {
				t.Error("the lease on another key is not to be had")
			}
			release(t, b, 1, "b")
			if acquire(t, b, 1, "b", time.Minute) {
				t.Error("one who does not hold the lease released it")
			}
			release(t, a, 1, "a")
			release(t, a, 1, "a") // again: nothing to do
			if !acquire(t, b, 1, "b", time.Minute) {
				t.Error("a released lease is not to be had")
			}
		})
	}
}

func TestAwaitEndsWithTheRelease(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"one server": redistest.Start(t).URL(),
		"cluster":    redistest.StartCluster(t, 0).URL(),
	} {
		t.Run(name, func(t *testing.T) {
			a, b := open(t, rediscache.Options{URL: url}), open(t, rediscache.Options{URL: url})
			if err := b.Await(context.Background(), cachetest.Key(1)); err != nil {
				t.Fatalf("Await of a lease that nobody holds: %v", err)
			}
			var quickest time.Duration = time.Hour
			for range 5 {
				acquire(t, a, 1, "a", time.Minute)
				first, second, own := await(context.Background(), b, 1), await(context.Background(), b, 1), await(context.Background(), a, 1)
				other := await(context.Background(), b, 2)
				if _, err := answer(t, other); err != nil {
					t.Errorf("Await of another key: %v", err)
				}
				still(t, first)
				release(t, a, 1, "a")
				for _, done := range []<-chan error{first, second, own} {
					took, err := answer(t, done)
					if err != nil {
						t.Errorf("Await: %v", err)
					}
					quickest = min(quickest, took)
				}
			}
			if quickest > 20*time.Millisecond {
				t.Errorf("the quickest of several waiters woke after %v", quickest)
			}
		})
	}
}

func TestAwaitEndsWithTheLifeOfAKilledHolder(t *testing.T) {
	t.Parallel()
	s := open(t, rediscache.Options{URL: redistest.Start(t).URL()})
	acquire(t, s, 1, "killed", 300*time.Millisecond)
	done := await(context.Background(), s, 1)
	acquire(t, s, 1, "killed", 600*time.Millisecond) // renewed once
	took, err := answer(t, done)
	if err != nil || took < 400*time.Millisecond || took > 600*time.Millisecond+patience {
		t.Errorf("Await ended after %v with %v, want about 600 ms", took, err)
	}
	if !acquire(t, s, 1, "next", time.Minute) {
		t.Error("the lease of a killed holder is not to be had")
	}
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := open(t, rediscache.Options{URL: redistest.Start(t).URL()})
	acquire(t, s, 1, "a", time.Minute)
	ctx, cancel := context.WithCancel(context.Background())
	done := await(ctx, s, 1)
	cancel()
	if _, err := answer(t, done); !errors.Is(err, context.Canceled) {
		t.Errorf("Await: %v, want context.Canceled", err)
	}
	done = await(context.Background(), s, 1)
	s.Close()
	if _, err := answer(t, done); !errors.Is(err, rediscache.ErrClosed) {
		t.Errorf("Await while closing: %v, want ErrClosed", err)
	}
}

func TestAwaitEndsWhenRedisDies(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	proxy := redistest.StartProxy(t, server.Addr())
	killed, silent := open(t, rediscache.Options{URL: server.URL()}), open(t, rediscache.Options{URL: proxy.URL()})
	acquire(t, killed, 1, "a", time.Minute)
	done := await(context.Background(), silent, 1)
	redistest.Eventually(t, "the subscription stands", func() bool { return subscribers(t, server) == 1 })
	proxy.Set(redistest.Swallow)
	if took, err := answer(t, done); err == nil || took > 5*time.Second {
		t.Errorf("Await on a dead line ended after %v with %v, want an error", took, err)
	}
	done = await(context.Background(), killed, 1)
	redistest.Eventually(t, "the subscription stands", func() bool { return subscribers(t, server) >= 1 })
	server.Kill(t)
	if took, err := answer(t, done); err == nil || took > 2*time.Second {
		t.Errorf("Await ended %v after Redis was killed with %v, want an error", took, err)
	}
}

// subscribers counts who listens for releases.
func subscribers(t *testing.T, server *redistest.Server) int64 {
	t.Helper()
	return server.Do(t, "pubsub", "numsub", "askonce:released").([]any)[1].(int64)
}

func TestManyWaitersShareConnections(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, rediscache.Options{URL: server.URL(), PoolSize: 8})
	const count = 2000
	for n := range count {
		acquire(t, s, n, "a", time.Minute)
	}
	var group sync.WaitGroup
	var failed sync.Map
	for n := range count {
		group.Go(func() {
			if err := s.Await(context.Background(), cachetest.Key(n)); err != nil {
				failed.Store(n, err)
			}
		})
	}
	redistest.Eventually(t, "the subscription stands", func() bool { return subscribers(t, server) == 1 })
	clients := server.Do(t, "client", "list").(string)
	if n := strings.Count(clients, "\n"); n > 8+1+4 { // the pool, the subscription, and the test's own
		t.Errorf("%d connections for %d waiters", n, count)
	}
	for n := range count {
		release(t, s, n, "a")
	}
	group.Wait()
	failed.Range(func(n, err any) bool {
		t.Errorf("Await of key %v: %v", n, err)
		return false
	})
}
