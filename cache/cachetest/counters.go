// The contract of cache.Counters: sums that last and that all add to.

package cachetest

import (
	"context"
	"fmt"
	"maps"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/askonce/askonce/cache"
)

// TestCounters runs the contract suite for a store that is a cache.Counters.
// open returns an empty store, and cleans up with tb.Cleanup.
func TestCounters(t *testing.T, open func(tb testing.TB) StoreHarness) {
	cases := []struct {
		name string
		run  func(t *testing.T, h StoreHarness)
	}{
		{"counters add up", testCount},
		{"a tick is counted once", testCountTicks},
		{"writers do not lose each other's sums", testCountRace},
		{"large and negative sums are exact", testCountExact},
		{"books are dropped", testCountDrop},
		{"names out of bounds are refused", testCountBounds},
		{"counters are there after reopening", testCountReopen},
		{"counters are neither rows nor entries", testCountersAndOthers},
		{"a cancelled context is an error", testCountCancelled},
	}
	for _, c := range cases {
		t.Run("counters: "+c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

func counters(t testing.TB, s cache.Store) cache.Counters {
	t.Helper()
	c, ok := s.(cache.Counters)
	if !ok {
		t.Fatalf("%T is not a cache.Counters", s)
	}
	return c
}

func count(t testing.TB, c cache.Counters, book string, at cache.Tick, by map[string]int64) {
	t.Helper()
	if err := c.Count(context.Background(), book, at, by); err != nil {
		t.Fatalf("Count(%s, %v): %v", book, at, err)
	}
}

func wantCounted(t testing.TB, c cache.Counters, book string, want map[string]int64) {
	t.Helper()
	got, err := c.Counted(context.Background(), book)
	if err != nil || !maps.Equal(got, want) {
		t.Fatalf("Counted(%.40s) = %v, %v, want %v", book, got, err, want)
	}
}

func testCount(t *testing.T, h StoreHarness) {
	c := counters(t, h.Store)
	wantCounted(t, c, "never", map[string]int64{})
	long := strings.Repeat("n", cache.MaxBookName)
	count(t, c, "day/1", cache.Tick{Writer: "w", Number: 1}, map[string]int64{"a": 1, "b/\x1f": 2, long: 3})
	count(t, c, "day/1", cache.Tick{Writer: "w", Number: 2}, map[string]int64{"a": 10})
	count(t, c, "day/12", cache.Tick{Writer: "w", Number: 1}, map[string]int64{"a": 5}) // no name is part of another
	wantCounted(t, c, "day/1", map[string]int64{"a": 11, "b/\x1f": 2, long: 3})
	wantCounted(t, c, "day/12", map[string]int64{"a": 5})
}

func testCountTicks(t *testing.T, h StoreHarness) {
	c := counters(t, h.Store)
	one := map[string]int64{"a": 1}
	for _, number := range []int64{3, 3, 2, 4} { // 3 and 4 count
		count(t, c, "book", cache.Tick{Writer: "w", Number: number}, one)
	}
	count(t, c, "book", cache.Tick{Writer: "v", Number: 1}, one)
	count(t, c, "other", cache.Tick{Writer: "w", Number: 1}, one)
	wantCounted(t, c, "book", map[string]int64{"a": 3})
	wantCounted(t, c, "other", map[string]int64{"a": 1})
}

func testCountRace(t *testing.T, h StoreHarness) {
	c := counters(t, h.Store)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for n := range 10 {
				err := c.Count(context.Background(), "book", cache.Tick{Writer: fmt.Sprint("w", i), Number: int64(n + 1)}, map[string]int64{"a": 1, "b": 2})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	wantCounted(t, c, "book", map[string]int64{"a": 80, "b": 160})
}

func testCountExact(t *testing.T, h StoreHarness) {
	c := counters(t, h.Store)
	count(t, c, "book", cache.Tick{Writer: "w", Number: 1 << 52}, map[string]int64{"large": math.MaxInt64 - 1, "below": -5})
	count(t, c, "book", cache.Tick{Writer: "w", Number: 1<<52 + 1}, map[string]int64{"large": 1, "below": 2})
	wantCounted(t, c, "book", map[string]int64{"large": math.MaxInt64, "below": -3})
}

func testCountDrop(t *testing.T, h StoreHarness) {
	c := counters(t, h.Store)
	for _, book := range []string{"1", "2", "3"} {
		count(t, c, book, cache.Tick{Writer: "w", Number: 7}, map[string]int64{"a": 1, "b": 1})
	}
	for range 2 {
		if err := c.DropCounters(context.Background(), []string{"1", "3", "never"}); err != nil {
			t.Fatal(err)
		}
	}
	wantCounted(t, c, "1", map[string]int64{})
	wantCounted(t, c, "2", map[string]int64{"a": 1, "b": 1})
	count(t, c, "1", cache.Tick{Writer: "w", Number: 1}, map[string]int64{"a": 1}) // its ticks are forgotten too
	wantCounted(t, c, "1", map[string]int64{"a": 1})
}

func testCountBounds(t *testing.T, h StoreHarness) {
	c := counters(t, h.Store)
	long := strings.Repeat("n", cache.MaxBookName+1)
	for _, x := range []struct {
		book string
		at   cache.Tick
		name string
	}{
		{"", cache.Tick{Writer: "w", Number: 1}, "a"}, {"book", cache.Tick{Writer: "", Number: 1}, "a"},
		{"book", cache.Tick{Writer: "w"}, "a"}, {"book", cache.Tick{Writer: "w", Number: 1}, ""},
		{long, cache.Tick{Writer: "w", Number: 1}, "a"}, {"book", cache.Tick{Writer: "w", Number: 1}, long},
		{"bo\x00ok", cache.Tick{Writer: "w", Number: 1}, "a"}, {"book", cache.Tick{Writer: "w", Number: 1}, "\x00a"},
	} {
		if err := c.Count(context.Background(), x.book, x.at, map[string]int64{"good": 1, x.name: 1}); err == nil {
			t.Errorf("Count(%.10q, %.10v, %.10q) is taken", x.book, x.at, x.name)
		}
	}
	wantCounted(t, c, "book", map[string]int64{})
}

func testCountReopen(t *testing.T, h StoreHarness) {
	c := counters(t, h.Store)
	count(t, c, "book", cache.Tick{Writer: "w", Number: 1}, map[string]int64{"a": 1})
	c = counters(t, h.Reopen(t))
	count(t, c, "book", cache.Tick{Writer: "w", Number: 1}, map[string]int64{"a": 1})
	count(t, c, "book", cache.Tick{Writer: "w", Number: 2}, map[string]int64{"a": 1})
	wantCounted(t, c, "book", map[string]int64{"a": 2})
}

func testCountersAndOthers(t *testing.T, h StoreHarness) {
	c := counters(t, h.Store)
	count(t, c, "book", cache.Tick{Writer: "w", Number: 1}, map[string]int64{"a": 1})
	add(t, books(t, h.Store), "book", "a", "row", true)
	put(t, h.Store, record(1, "value"))
	if err := c.DropCounters(context.Background(), []string{"book"}); err != nil {
		t.Fatal(err)
	}
	wantRows(t, books(t, h.Store), "book", map[string]string{"a": "row"})
	for found, err := range h.Store.Select(context.Background(), cache.Selector{Tenant: "acme"}) {
		if err != nil || found.Key != Key(1) {
			t.Errorf("selected %v, %v", found.Key, err)
		}
	}
}

func testCountCancelled(t *testing.T, h StoreHarness) {
	c := counters(t, h.Store)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.Count(ctx, "book", cache.Tick{Writer: "w", Number: 1}, map[string]int64{"a": 1}); err == nil {
		t.Error("Count goes on")
	}
	if _, err := c.Counted(ctx, "book"); err == nil {
		t.Error("Counted goes on")
	}
	if err := c.DropCounters(ctx, []string{"book"}); err == nil {
		t.Error("DropCounters goes on")
	}
}
