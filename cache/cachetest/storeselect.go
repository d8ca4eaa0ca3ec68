// The contract of cache.Store: selections and concurrent use.

package cachetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
)

// selected returns which of the first 5000 keys a selection yields, sorted.
func selected(t testing.TB, s cache.Store, by cache.Selector) []int {
	t.Helper()
	numbers := make(map[cache.Key]int)
	for n := range 5000 {
		numbers[Key(n)] = n
	}
	var got []int
	for e, err := range s.Select(context.Background(), by) {
		if err != nil {
			t.Fatalf("Select: %v", err)
		}
		if !by.Matches(e.Meta) {
			t.Errorf("Select %+v yields meta %+v", by, e.Meta)
		}
		n, ok := numbers[e.Key]
		if !ok {
			t.Fatalf("Select yields unknown key %v", e.Key)
		}
		got = append(got, n)
	}
	slices.Sort(got)
	return got
}

func wantSelected(t testing.TB, s cache.Store, by cache.Selector, want ...int) {
	t.Helper()
	if got := selected(t, s, by); !slices.Equal(got, want) {
		t.Errorf("Select %+v yields %v, want %v", by, got, want)
	}
}

func testSelect(t *testing.T, h StoreHarness) {
	now := time.Now()
	add := func(n int, tenant, namespace, model string, age time.Duration, tags ...string) {
		put(t, h.Store, cache.Record{Key: Key(n), Value: []byte("v"), Meta: cache.Meta{
			Tenant: tenant, Namespace: namespace, Kind: "chat", Model: model, Tags: tags,
			Created: now.Add(-age), Expires: now.Add(time.Hour),
		}})
	}
	add(1, "acme", "support", "gpt-4o", 0, "a")
	add(2, "acme", "support", "gpt-4o-mini", 2*time.Hour, "a", "b")
	add(3, "acme", "shop", "gpt-4o", 3*time.Hour)
	add(4, "acme", "shop", "", 0, "b")
	add(5, "other", "support", "gpt-4o", 5*time.Hour, "a", "b")
	add(6, "acm", "support", "gpt-4o", 0, "a")

	hourAgo := now.Add(-time.Hour)
	for _, c := range []struct {
		by   cache.Selector
		want []int
	}{
		{cache.Selector{Tenant: "acme"}, []int{1, 2, 3, 4}},
		{cache.Selector{Tenant: "other"}, []int{5}},
		{cache.Selector{Tenant: "nobody"}, nil},
		{cache.Selector{Tenant: "acme", Namespace: "support"}, []int{1, 2}},
		{cache.Selector{Tenant: "acme", Model: "gpt-4o"}, []int{1, 3}},
		{cache.Selector{Tenant: "acme", Tags: []string{"a"}}, []int{1, 2}},
		{cache.Selector{Tenant: "acme", Tags: []string{"b", "a"}}, []int{2}},
		{cache.Selector{Tenant: "acme", Tags: []string{"a", "c"}}, nil},
		{cache.Selector{Tenant: "acme", CreatedBefore: hourAgo}, []int{2, 3}},
		{cache.Selector{Tenant: "acme", Namespace: "support", Model: "gpt-4o", Tags: []string{"a"}}, []int{1}},
		{cache.Selector{Tenant: "acme", Namespace: "support", Tags: []string{"a"}, CreatedBefore: hourAgo}, []int{2}},
		{cache.Selector{Tenant: "other", Namespace: "shop"}, nil},
	} {
		wantSelected(t, h.Store, c.by, c.want...)
	}
}

func testSelectLive(t *testing.T, h StoreHarness) {
	expired := record(1, "expired")
	expired.Meta.Expires = time.Now().Add(-time.Minute)
	put(t, h.Store, expired, record(2, "deleted"), record(3, "live"), record(4, "moved"))
	if _, err := h.Store.Delete(context.Background(), []cache.Key{Key(2)}); err != nil {
		t.Fatal(err)
	}
	moved := record(4, "moved")
	moved.Meta.Tenant = "elsewhere"
	put(t, h.Store, moved)
	wantSelected(t, h.Store, cache.Selector{Tenant: "acme"}, 3)
	wantSelected(t, h.Store, cache.Selector{Tenant: "elsewhere"}, 4)
}

func testSelectWhileWriting(t *testing.T, h StoreHarness) {
	const count = 3000
	records := make([]cache.Record, count)
	for n := range records {
		records[n] = record(n, "v")
	}
	put(t, h.Store, records...)
	if got := len(selected(t, h.Store, cache.Selector{Tenant: "acme"})); got != count {
		t.Fatalf("Select yields %d entries, want %d", got, count)
	}
	for range h.Store.Select(context.Background(), cache.Selector{Tenant: "acme"}) {
		break
	}
	var batch []cache.Key
	deleted := 0
	for e, err := range h.Store.Select(context.Background(), cache.Selector{Tenant: "acme"}) {
		if err != nil {
			t.Fatal(err)
		}
		if batch = append(batch, e.Key); len(batch) < 100 {
			continue
		}
		n, err := h.Store.Delete(context.Background(), batch)
		if err != nil {
			t.Fatal(err)
		}
		deleted, batch = deleted+n, batch[:0]
	}
	if deleted != count {
		t.Errorf("deleted %d while selecting, want %d", deleted, count)
	}
	wantSelected(t, h.Store, cache.Selector{Tenant: "acme"})
}

// testStoreConcurrent lets writers own keys: each reads back what it wrote,
// and readers see whole values only.
func testStoreConcurrent(t *testing.T, h StoreHarness) {
	const writers, rounds = 8, 20
	value := func(n, round int) string { return fmt.Sprintf("%d/%d/%0*d", n, round, 50+round*10, 0) }
	var group sync.WaitGroup
	for n := range writers {
		group.Go(func() {
			for round := range rounds {
				want := value(n, round)
				if err := h.Store.Put(context.Background(), []cache.Record{record(n, want)}); err != nil {
					t.Errorf("Put: %v", err)
					return
				}
				got, err := h.Store.Get(context.Background(), Key(n))
				if err != nil || string(got.Value) != want {
					t.Errorf("Get after Put: %.20q, %v, want %.20q", got.Value, err, want)
					return
				}
			}
		})
		group.Go(func() {
			for range rounds {
				got, err := h.Store.Get(context.Background(), Key(n))
				if err != nil {
					continue
				}
				var owner, round int
				if _, err := fmt.Sscanf(string(got.Value), "%d/%d/", &owner, &round); err != nil ||
					string(got.Value) != value(n, round) {
					t.Errorf("reader got %.30q", got.Value)
					return
				}
			}
		})
	}
	group.Wait()
}
