package rediscache_test

import (
	"context"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/rediscache"
	"github.com/askonce/askonce/cache/rediscache/redistest"
)

// aSecond is the promise about deletions, and patience for loaded machines.
const aSecond = time.Second + patience

func remove(t *testing.T, s cache.Store, keys ...cache.Key) {
	t.Helper()
	if _, err := s.Delete(context.Background(), keys); err != nil {
		t.Fatalf("Delete: %v", err)
	}
}

func TestDeletionsReachOtherReplicas(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"one server": redistest.Start(t).URL(),
		"cluster":    redistest.StartCluster(t, 0).URL(),
	} {
		t.Run(name, func(t *testing.T) {
			one, other := open(t, rediscache.Options{URL: url}), open(t, rediscache.Options{URL: url})
			seenByOne, seenByOther := follow(t, one), follow(t, other)
			put(t, one, records(300)...)
			keys := make([]cache.Key, 300)
			for i := range keys {
				keys[i] = cachetest.Key(i)
			}
			remove(t, one, keys...)
			for _, key := range keys {
				within(t, aSecond, "the other replica knows", func() bool { return seenByOther.has(key) })
			}
			remove(t, one, cachetest.Key(1000)) // it may still be in another's memory
			within(t, aSecond, "the other replica knows", func() bool { return seenByOther.has(cachetest.Key(1000)) })
			if seenByOne.has(keys[0]) {
				t.Error("a replica is told of its own deletions")
			}
		})
	}
}

// Forgetting everything is for trouble only.
func TestNothingIsForgottenWithoutNeed(t *testing.T) {
	t.Parallel()
	url := redistest.Start(t).URL()
	one, other := open(t, rediscache.Options{URL: url}), open(t, rediscache.Options{URL: url})
	seen := follow(t, other)
	for n := 0; ; n++ {
		before := seen.losses()
		for began := time.Now(); time.Since(began) < time.Second; { // two comparisons of generations
			remove(t, one, cachetest.Key(n))
		}
		if seen.losses() == before {
			return
		}
		if n == 3 { // a loaded machine may have missed a deadline, but not so often
			t.Fatal("nothing was missed, but the watch says so again and again")
		}
	}
}

func TestReplicasWithOtherPrefixesHearNothing(t *testing.T) {
	t.Parallel()
	url := redistest.Start(t).URL()
	one, other, stranger := open(t, rediscache.Options{URL: url}), open(t, rediscache.Options{URL: url}),
		open(t, rediscache.Options{URL: url, Prefix: "elsewhere"})
	near, far := follow(t, other), follow(t, stranger)
	put(t, stranger, record(1))
	remove(t, one, cachetest.Key(1))
	within(t, aSecond, "the other replica knows", func() bool { return near.has(cachetest.Key(1)) })
	if far.has(cachetest.Key(1)) {
		t.Error("a store with another prefix hears of the deletion")
	}
	if _, err := stranger.Get(context.Background(), cachetest.Key(1)); err != nil {
		t.Errorf("entry of the other prefix: %v", err)
	}
}

func TestAMissedDeletionIsNoticed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		happen func(t *testing.T, server *redistest.Server, s *rediscache.Store)
	}{
		{"a message that did not come", func(t *testing.T, server *redistest.Server, _ *rediscache.Store) {
			server.Do(t, "incr", "askonce:generation")
		}},
		{"a subscription that broke", func(t *testing.T, server *redistest.Server, s *rediscache.Store) {
			server.Do(t, "client", "kill", "type", "pubsub")
			remove(t, s, cachetest.Key(1))
		}},
		{"a flush", func(t *testing.T, server *redistest.Server, _ *rediscache.Store) { server.Do(t, "flushall") }},
		{"an older state", func(t *testing.T, server *redistest.Server, _ *rediscache.Store) {
			server.Do(t, "decr", "askonce:generation")
		}},
		{"a message out of order", func(t *testing.T, server *redistest.Server, _ *rediscache.Store) {
			server.Do(t, "publish", "askonce:deleted", "9000000000000000:00000000000000000000000000000000:")
		}},
		{"a message that can't be read", func(t *testing.T, server *redistest.Server, _ *rediscache.Store) {
			server.Do(t, "publish", "askonce:deleted", "?")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			one, other := open(t, rediscache.Options{URL: server.URL()}), open(t, rediscache.Options{URL: server.URL()})
			seen := follow(t, other)
			before := seen.losses()
			c.happen(t, server, one)
			within(t, aSecond, "the watch says so", func() bool { return seen.losses() > before })
			// And it goes on: a later deletion is heard.
			redistest.Eventually(t, "later deletions are heard", func() bool {
				remove(t, one, cachetest.Key(2))
				return seen.has(cachetest.Key(2))
			})
		})
	}
}

func TestAWatchWithoutServerForgetsEverySecond(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]redistest.Fault{"reset": redistest.Reset, "silent": redistest.Swallow} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			proxy := redistest.StartProxy(t, server.Addr())
			one, other := open(t, rediscache.Options{URL: server.URL()}), open(t, rediscache.Options{URL: proxy.URL()})
			seen := follow(t, other)
			before := seen.losses()
			proxy.Set(f)
			for range 3 {
				within(t, aSecond, "the watch says so", func() bool { return seen.losses() > before })
				before = seen.losses()
			}
			proxy.Set(redistest.Reset)
			proxy.Set(redistest.None)
			redistest.Eventually(t, "later deletions are heard", func() bool {
				remove(t, one, cachetest.Key(2))
				return seen.has(cachetest.Key(2))
			})
		})
	}
}

// A replica that owes more than it remembers tells the others to forget
// everything.
func TestTooManyOwedAnnouncements(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	proxy := redistest.StartProxy(t, server.Addr())
	one, other := open(t, rediscache.Options{URL: proxy.URL()}), open(t, rediscache.Options{URL: server.URL()})
	seen := follow(t, other)
	proxy.Set(redistest.Reset)
	keys := make([]cache.Key, 256)
	for i := range keys {
		keys[i] = cachetest.Key(i)
	}
	for range 41 {
		if _, err := call(func(ctx context.Context) error {
			_, err := one.Delete(ctx, keys)
			return err
		}); err == nil {
			t.Error("Delete without a server: no error")
		}
	}
	before := seen.losses()
	proxy.Set(redistest.None)
	redistest.Eventually(t, "the other replica has forgotten everything", func() bool { return seen.losses() > before })
}

// A deletion whose announcement fails is announced when the server is back.
func TestAnOwedAnnouncementIsMade(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	proxy := redistest.StartProxy(t, server.Addr())
	one, other := open(t, rediscache.Options{URL: proxy.URL()}), open(t, rediscache.Options{URL: server.URL()})
	seen := follow(t, other)
	put(t, one, record(1))
	proxy.Set(redistest.Swallow)
	if _, err := call(func(ctx context.Context) error {
		_, err := one.Delete(ctx, []cache.Key{cachetest.Key(1)})
		return err
	}); err == nil {
		t.Error("Delete through a dead line: no error")
	}
	proxy.Set(redistest.Reset)
	proxy.Set(redistest.None)
	redistest.Eventually(t, "the other replica knows", func() bool { return seen.has(cachetest.Key(1)) })
}
