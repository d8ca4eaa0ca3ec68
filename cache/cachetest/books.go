// The contract of cache.Books: rows that last and are seen by all.

package cachetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/askonce/askonce/cache"
)

// TestBooks runs the contract suite for a store that is a cache.Books. open
// returns an empty store, and cleans up with tb.Cleanup.
func TestBooks(t *testing.T, open func(tb testing.TB) StoreHarness) {
	cases := []struct {
		name string
		run  func(t *testing.T, h StoreHarness)
	}{
		{"rows are kept byte by byte", testBookRows},
		{"a row is written once", testBookConflict},
		{"one of many writers wins", testBookRace},
		{"rows are removed", testBookRemove},
		{"the revision shows every change", testBookRevision},
		{"names and values out of bounds are refused", testBookBounds},
		{"memory is not shared", testBookAliasing},
		{"rows are there after reopening", testBookReopen},
		{"rows are no entries", testBookAndEntries},
		{"a cancelled context is an error", testBookCancelled},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

func books(t testing.TB, s cache.Store) cache.Books {
	t.Helper()
	b, ok := s.(cache.Books)
	if !ok {
		t.Fatalf("%T is not a cache.Books", s)
	}
	return b
}

func add(t testing.TB, b cache.Books, book, row, value string, want bool) {
	t.Helper()
	added, err := b.Add(context.Background(), book, row, []byte(value))
	if err != nil || added != want {
		t.Fatalf("Add(%s, %s) = %v, %v, want %v", book, row, added, err, want)
	}
}

func wantRows(t testing.TB, b cache.Books, book string, want map[string]string) {
	t.Helper()
	rows, err := b.Rows(context.Background(), book)
	if err != nil {
		t.Fatalf("Rows(%s): %v", book, err)
	}
	got := make(map[string]string, len(rows))
	for name, value := range rows {
		got[name] = string(value)
	}
	if !maps.Equal(got, want) {
		t.Fatalf("Rows(%s) = %q, want %q", book, got, want)
	}
}

func testBookRows(t *testing.T, h StoreHarness) {
	b := books(t, h.Store)
	wantRows(t, b, "never", map[string]string{})
	long := strings.Repeat("n", cache.MaxBookName)
	add(t, b, "one", "a/1", "", true)
	add(t, b, "one", "a/2", "\x00\xff{}", true)
	add(t, b, "one", long, strings.Repeat("v", cache.MaxBookValue), true)
	add(t, b, "one{more}", "a/1", "other", true) // no name is part of another
	add(t, b, long, "a/1", "third", true)
	wantRows(t, b, "one", map[string]string{"a/1": "", "a/2": "\x00\xff{}", long: strings.Repeat("v", cache.MaxBookValue)})
	wantRows(t, b, "one{more}", map[string]string{"a/1": "other"})
	wantRows(t, b, long, map[string]string{"a/1": "third"})
}

func testBookConflict(t *testing.T, h StoreHarness) {
	b := books(t, h.Store)
	add(t, b, "book", "row", "first", true)
	add(t, b, "book", "row", "second", false)
	wantRows(t, b, "book", map[string]string{"row": "first"})
}

func testBookRace(t *testing.T, h StoreHarness) {
	b := books(t, h.Store)
	var won atomic.Int64
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			added, err := b.Add(context.Background(), "book", "row", fmt.Appendf(nil, "%d", i))
			if err != nil {
				t.Error(err)
			}
			if added {
				won.Add(1)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 {
		t.Errorf("%d writers wrote the same row", won.Load())
	}
}

func testBookRemove(t *testing.T, h StoreHarness) {
	b := books(t, h.Store)
	add(t, b, "book", "1", "a", true)
	add(t, b, "book", "2", "b", true)
	add(t, b, "other", "1", "c", true)
	for _, rows := range [][]string{{"1", "none"}, nil, {"1"}} {
		if err := b.Remove(context.Background(), "book", rows); err != nil {
			t.Fatal(err)
		}
	}
	wantRows(t, b, "book", map[string]string{"2": "b"})
	wantRows(t, b, "other", map[string]string{"1": "c"})
	add(t, b, "book", "1", "again", true)
}

func testBookRevision(t *testing.T, h StoreHarness) {
	b := books(t, h.Store)
	var seen []int64
	look := func() int64 {
		t.Helper()
		n, err := b.Revision(context.Background(), "book")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	seen = append(seen, look())
	add(t, b, "book", "1", "a", true)
	seen = append(seen, look())
	add(t, b, "book", "2", "a", true)
	seen = append(seen, look())
	if err := b.Remove(context.Background(), "book", []string{"1"}); err != nil {
		t.Fatal(err)
	}
	seen = append(seen, look())
	if distinct := slices.Compact(slices.Sorted(slices.Values(seen))); len(distinct) != 4 {
		t.Errorf("revisions %v after three changes", seen)
	}
	if again := look(); again != seen[3] {
		t.Errorf("revision went from %d to %d without a change", seen[3], again)
	}
}

func testBookBounds(t *testing.T, h StoreHarness) {
	b := books(t, h.Store)
	long := strings.Repeat("n", cache.MaxBookName+1)
	for _, c := range [][3]string{
		{"", "row", ""}, {"book", "", ""}, {long, "row", ""}, {"book", long, ""}, {"bo\x00ok", "row", ""}, {"book", "r\x00w", ""},
		{"book", "row", strings.Repeat("v", cache.MaxBookValue+1)},
	} {
		if added, err := b.Add(context.Background(), c[0], c[1], []byte(c[2])); err == nil || added {
			t.Errorf("Add(%.10q, %.10q, %d bytes) is taken", c[0], c[1], len(c[2]))
		}
	}
}

func testBookAliasing(t *testing.T, h StoreHarness) {
	b := books(t, h.Store)
	value := []byte("kept")
	if _, err := b.Add(context.Background(), "book", "row", value); err != nil {
		t.Fatal(err)
	}
	copy(value, "????")
	rows, err := b.Rows(context.Background(), "book")
	if err != nil {
		t.Fatal(err)
	}
	copy(rows["row"], "!!!!")
	wantRows(t, b, "book", map[string]string{"row": "kept"})
}

func testBookReopen(t *testing.T, h StoreHarness) {
	b := books(t, h.Store)
	add(t, b, "book", "1", "a", true)
	add(t, b, "book", "2", "b", true)
	if err := b.Remove(context.Background(), "book", []string{"1"}); err != nil {
		t.Fatal(err)
	}
	b = books(t, h.Reopen(t))
	wantRows(t, b, "book", map[string]string{"2": "b"})
	add(t, b, "book", "2", "c", false)
}

func testBookAndEntries(t *testing.T, h StoreHarness) {
	b := books(t, h.Store)
	add(t, b, "book", "1", "a", true)
	put(t, h.Store, record(1, "value"))
	for found, err := range h.Store.Select(context.Background(), cache.Selector{Tenant: "acme"}) {
		if err != nil || found.Key != Key(1) {
			t.Errorf("selected %v, %v", found.Key, err)
		}
	}
	if _, err := h.Store.Delete(context.Background(), []cache.Key{Key(1)}); err != nil {
		t.Fatal(err)
	}
	wantRows(t, b, "book", map[string]string{"1": "a"})
}

func testBookCancelled(t *testing.T, h StoreHarness) {
	b := books(t, h.Store)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := b.Rows(ctx, "book"); err == nil {
		t.Error("Rows goes on")
	}
	if _, err := b.Add(ctx, "book", "row", nil); err == nil {
		t.Error("Add goes on")
	}
	if err := b.Remove(ctx, "book", []string{"row"}); err == nil {
		t.Error("Remove goes on")
	}
	if _, err := b.Revision(ctx, "book"); err == nil {
		t.Error("Revision goes on")
	}
}
