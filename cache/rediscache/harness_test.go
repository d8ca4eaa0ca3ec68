package rediscache_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/rediscache"
	"github.com/askonce/askonce/cache/rediscache/redistest"
)

// callTime is what the cache gives a call.
const callTime = 100 * time.Millisecond

// patience is what a loaded machine may add to a deadline.
const patience = 400 * time.Millisecond

func record(n int) cache.Record {
	now := time.Now()
	return cache.Record{Key: cachetest.Key(n), Value: []byte(fmt.Sprintf("value %d", n)), Meta: cache.Meta{
		Tenant: "acme", Namespace: "support", Kind: "chat", Model: "gpt-4o", Tags: []string{"v1"},
		Created: now, Expires: now.Add(time.Hour),
	}}
}

func records(n int) []cache.Record {
	all := make([]cache.Record, n)
	for i := range all {
		all[i] = record(i)
	}
	return all
}

func put(tb testing.TB, s cache.Store, records ...cache.Record) {
	tb.Helper()
	if err := s.Put(context.Background(), records); err != nil {
		tb.Fatalf("Put: %v", err)
	}
}

// call makes a call with the time that the cache gives it.
func call(f func(ctx context.Context) error) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	began := time.Now()
	err = f(ctx)
	return time.Since(began), err
}

// calls are all calls that a request may wait for.
func calls(s *rediscache.Store) map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"Get": func(ctx context.Context) error {
			_, err := s.Get(ctx, cachetest.Key(1))
			return err
		},
		"Put": func(ctx context.Context) error { return s.Put(ctx, []cache.Record{record(2)}) },
		"Delete": func(ctx context.Context) error {
			_, err := s.Delete(ctx, []cache.Key{cachetest.Key(3)})
			return err
		},
		"Select": func(ctx context.Context) error {
			for _, err := range s.Select(ctx, cache.Selector{Tenant: "acme"}) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"Acquire": func(ctx context.Context) error {
			_, err := s.Acquire(ctx, cachetest.Key(4), "me", time.Second)
			return err
		},
		"Release": func(ctx context.Context) error { return s.Release(ctx, cachetest.Key(4), "me") },
		"Await":   func(ctx context.Context) error { return s.Await(ctx, cachetest.Key(5)) },
		"Secret": func(ctx context.Context) error {
			_, err := s.Secret(ctx)
			return err
		},
	}
}

// wantFaults checks that every call fails within its time, with an error that
// is want, if that is not nil.
func wantFaults(t *testing.T, s *rediscache.Store, want error) {
	t.Helper()
	for name, f := range calls(s) {
		took, err := call(f)
		if err == nil || errors.Is(err, cache.ErrNotFound) {
			t.Errorf("%s: error %v, want a fault", name, err)
		} else if want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		if took > callTime+patience {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// wantRecovery waits until all calls succeed again.
func wantRecovery(t *testing.T, s *rediscache.Store) {
	t.Helper()
	for name, f := range calls(s) {
		redistest.Eventually(t, name+" works again", func() bool {
			_, err := call(f)
			return err == nil || errors.Is(err, cache.ErrNotFound)
		})
	}
}

// follower collects what a Watch reports.
type follower struct {
	mu   sync.Mutex
	gone map[cache.Key]bool
	lost int
}

// follow watches until the test ends, and returns when the watch has begun.
func follow(t *testing.T, s *rediscache.Store) *follower {
	t.Helper()
	f := &follower{gone: make(map[cache.Key]bool)}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { s.Watch(ctx, f.onGone, f.onLost) })
	t.Cleanup(func() {
		cancel()
		group.Wait()
	})
	redistest.Eventually(t, "the watch has begun", func() bool { return f.losses() > 0 })
	return f
}

func (f *follower) onGone(keys []cache.Key) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range keys {
		f.gone[key] = true
	}
}

func (f *follower) onLost() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost++
}

func (f *follower) losses() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lost
}

func (f *follower) has(key cache.Key) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.gone[key]
}

// within fails the test if something is not true in time.
func within(t *testing.T, limit time.Duration, what string, yes func() bool) {
	t.Helper()
	began := time.Now()
	redistest.Eventually(t, what, yes)
	if took := time.Since(began); took > limit {
		t.Errorf("%s: took %v, want at most %v", what, took, limit)
	}
}
