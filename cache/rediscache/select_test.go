package rediscache_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/rediscache"
	"github.com/askonce/askonce/cache/rediscache/redistest"
)

// count returns how many entries a selection yields.
func count(t *testing.T, s cache.Store, by cache.Selector) int {
	t.Helper()
	n := 0
	for _, err := range s.Select(context.Background(), by) {
		if err != nil {
			t.Fatalf("Select: %v", err)
		}
		n++
	}
	return n
}

// A selection removes members without entries, but not those of a Put that may
// be under way.
func TestSelectRemovesStaleMembers(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, rediscache.Options{URL: server.URL()})
	put(t, s, records(3)...)
	ids := []string{"askonce:e:" + cachetest.Key(1).String(), "askonce:e:" + cachetest.Key(2).String()}
	server.Do(t, "del", ids[0])
	if n := count(t, s, cache.Selector{Tenant: "acme"}); n != 2 {
		t.Errorf("Select yields %d entries, want 2", n)
	}
	if got := members(t, server); got != 12 {
		t.Errorf("%d index members, want 12: the missing entry's may be of a Put under way", got)
	}
	// An entry that can't be read is left alone as well.
	server.Do(t, "set", ids[1], "\x02 of a newer program")
	if n := count(t, s, cache.Selector{Tenant: "acme"}); n != 1 {
		t.Errorf("Select yields %d entries, want 1", n)
	}
	// Members from an hour ago can't be of a Put under way.
	all := allSet(t, server)
	old := time.Now().Add(-time.Hour).UnixMicro()
	for n := range 700 {
		key := cachetest.Key(100 + n)
		stamp := []byte{0, 0, 0, 0, 0, 0, 0, 0}
		for i := range stamp {
			stamp[i] = byte(uint64(old) >> (56 - 8*i))
		}
		server.Do(t, "zadd", all, time.Now().Add(time.Hour).UnixMicro(), string(key[:])+string(stamp))
	}
	if n := count(t, s, cache.Selector{Tenant: "acme"}); n != 1 {
		t.Errorf("Select yields %d entries, want 1", n)
	}
	if got := members(t, server); got != 12 {
		t.Errorf("%d index members, want 12", got)
	}
}

// allSet finds the set of all entries of the only tenant.
func allSet(t *testing.T, server *redistest.Server) string {
	t.Helper()
	for _, key := range server.Do(t, "keys", "askonce:i:*:a").([]any) {
		return key.(string)
	}
	t.Fatal("no index")
	return ""
}

// Whatever puts and deletions of the same entries meet: what can be read can be
// selected.
func TestTheIndexNeverLosesAnEntry(t *testing.T) {
	t.Parallel()
	url := redistest.Start(t).URL()
	const workers, rounds, keys = 4, 60, 5
	var group sync.WaitGroup
	for worker := range workers {
		s := open(t, rediscache.Options{URL: url})
		group.Go(func() {
			random := rand.New(rand.NewPCG(uint64(worker), 1))
			for range rounds {
				var batch []cache.Record
				for n := range keys {
					if random.IntN(2) == 0 {
						r := record(n)
						r.Meta.Tags = []string{"v1", fmt.Sprintf("worker %d", worker)}
						batch = append(batch, r)
					}
				}
				if err := s.Put(context.Background(), batch); err != nil {
					t.Errorf("Put: %v", err)
				}
				if _, err := s.Delete(context.Background(), []cache.Key{cachetest.Key(random.IntN(keys))}); err != nil {
					t.Errorf("Delete: %v", err)
				}
				count(t, s, cache.Selector{Tenant: "acme", Tags: []string{"v1"}})
			}
		})
	}
	group.Wait()
	s := open(t, rediscache.Options{URL: url})
	for n := range keys {
		r, err := s.Get(context.Background(), cachetest.Key(n))
		if err != nil {
			continue
		}
		found := false
		for e, err := range s.Select(context.Background(), cache.Selector{Tenant: "acme", Tags: r.Meta.Tags}) {
			found = found || err == nil && e.Key == r.Key
		}
		if !found {
			t.Errorf("entry %d can be read, but its tags do not find it", n)
		}
	}
}

// Entries that expire in the same microsecond are told apart page by page.
func TestSelectPagesThroughEqualExpiries(t *testing.T) {
	t.Parallel()
	s := open(t, rediscache.Options{URL: redistest.Start(t).URL()})
	same := records(1700)
	for n := range same {
		same[n].Meta.Expires = same[0].Meta.Expires
	}
	put(t, s, same...)
	seen := make(map[cache.Key]bool)
	for e, err := range s.Select(context.Background(), cache.Selector{Tenant: "acme"}) {
		if err != nil {
			t.Fatal(err)
		}
		if seen[e.Key] {
			t.Fatalf("%v is yielded twice", e.Key)
		}
		seen[e.Key] = true
		if len(seen)%2 == 0 {
			remove(t, s, e.Key)
		}
	}
	if len(seen) != len(same) {
		t.Errorf("Select yields %d entries, want %d", len(seen), len(same))
	}
}

func TestLongTagsAreSelected(t *testing.T) {
	t.Parallel()
	s := open(t, rediscache.Options{URL: redistest.Start(t).URL()})
	long := record(1)
	long.Meta.Tags = []string{strings.Repeat("long ", 2000), "{short}"}
	put(t, s, long, record(2))
	for _, tag := range long.Meta.Tags {
		if n := count(t, s, cache.Selector{Tenant: "acme", Tags: []string{tag}}); n != 1 {
			t.Errorf("Select yields %d entries with the tag %.10q, want 1", n, tag)
		}
	}
	tooLong := record(3)
	tooLong.Meta.Tags = []string{strings.Repeat("x", 70_000)}
	if err := s.Put(context.Background(), []cache.Record{tooLong}); err == nil {
		t.Error("a tag of 70 kB is taken")
	}
}
