// The contract of cache.Store: entries, expiry, memory, durability.

package cachetest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
)

// StoreHarness is a store under test.
type StoreHarness struct {
	Store cache.Store

	// Reopen closes the store and returns another one on the same data, as
	// after a restart.
	Reopen func(tb testing.TB) cache.Store
}

// TestStore runs the contract suite. open returns an empty store, and cleans
// up with tb.Cleanup.
func TestStore(t *testing.T, open func(tb testing.TB) StoreHarness) {
	cases := []struct {
		name string
		run  func(t *testing.T, h StoreHarness)
	}{
		{"a miss is ErrNotFound", testMiss},
		{"what is put is got, byte by byte", testRoundTrip},
		{"values from empty to 8 MB", testSizes},
		{"a later put replaces", testOverwrite},
		{"an expired entry is a miss", testExpired},
		{"an entry expires by itself", testExpiresSoon},
		{"a put that is expired already replaces", testOverwriteByExpired},
		{"delete counts what was there", testDelete},
		{"an empty call does nothing", testEmptyCalls},
		{"a record without key or expiry is refused", testInvalidRecords},
		{"memory is not shared", testAliasing},
		{"a cancelled context is an error", testStoreCancelled},
		{"what was acknowledged is there after reopening", testStoreReopen},
		{"select by every field", testSelect},
		{"select leaves out what expired or was deleted", testSelectLive},
		{"select may be left early and write meanwhile", testSelectWhileWriting},
		{"concurrent use", testStoreConcurrent},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

// record returns an entry that lives for an hour.
func record(n int, value string) cache.Record {
	now := time.Now()
	return cache.Record{
		Key: Key(n),
		Meta: cache.Meta{
			Tenant: "acme", Namespace: "support", Kind: "chat", Model: "gpt-4o",
			Tags: []string{"v1", "de"}, Created: now, Expires: now.Add(time.Hour),
		},
		Value: []byte(value),
	}
}

func put(t testing.TB, s cache.Store, records ...cache.Record) {
	t.Helper()
	if err := s.Put(context.Background(), records); err != nil {
		t.Fatalf("Put: %v", err)
	}
}

func wantValue(t testing.TB, s cache.Store, key cache.Key, want string) {
	t.Helper()
	got, err := s.Get(context.Background(), key)
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	if !bytes.Equal(got.Value, []byte(want)) {
		t.Fatalf("Get returned %d bytes, want %d: %.40q, want %.40q", len(got.Value), len(want), got.Value, want)
	}
}

func wantMiss(t testing.TB, s cache.Store, key cache.Key) {
	t.Helper()
	if _, err := s.Get(context.Background(), key); !errors.Is(err, cache.ErrNotFound) {
		t.Fatalf("Get: error %v, want ErrNotFound", err)
	}
}

// wantMeta compares times to the millisecond.
func wantMeta(t testing.TB, got, want cache.Meta) {
	t.Helper()
	if got.Tenant != want.Tenant || got.Namespace != want.Namespace || got.Kind != want.Kind ||
		got.Model != want.Model || !slices.Equal(got.Tags, want.Tags) {
		t.Errorf("meta %+v, want %+v", got, want)
	}
	wantTime(t, "Created", got.Created, want.Created)
	wantTime(t, "Expires", got.Expires, want.Expires)
}

func wantTime(t testing.TB, name string, got, want time.Time) {
	t.Helper()
	if d := got.Sub(want).Abs(); d >= time.Millisecond {
		t.Errorf("%s is %v, want %v", name, got, want)
	}
}

func testMiss(t *testing.T, h StoreHarness) {
	wantMiss(t, h.Store, Key(1))
	put(t, h.Store, record(2, "another"))
	wantMiss(t, h.Store, Key(1))
}

func testRoundTrip(t *testing.T, h StoreHarness) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	full, bare := record(1, string(every)), record(2, "no fields")
	full.Meta.Tags = []string{"a", "b,c", "{d}", "é:ü", "with space"}
	bare.Meta = cache.Meta{Tenant: "t", Created: bare.Meta.Created, Expires: bare.Meta.Expires}
	put(t, h.Store, full, bare)
	for _, want := range []cache.Record{full, bare} {
		got, err := h.Store.Get(context.Background(), want.Key)
		if err != nil {
			t.Fatal(err)
		}
		if got.Key != want.Key || !bytes.Equal(got.Value, want.Value) {
			t.Errorf("got key %v value %q, want %v %q", got.Key, got.Value, want.Key, want.Value)
		}
		wantMeta(t, got.Meta, want.Meta)
	}
}

func testSizes(t *testing.T, h StoreHarness) {
	for n, size := range []int{0, 1, 4096, 100_000, 8 << 20} {
		value := string(bytes.Repeat([]byte{byte(n), 'x', 0}, size/3+1)[:size])
		put(t, h.Store, record(n, value))
		wantValue(t, h.Store, Key(n), value)
	}
}

func testOverwrite(t *testing.T, h StoreHarness) {
	put(t, h.Store, record(1, "first, and longer than the second"))
	second := record(1, "second")
	second.Meta.Tenant, second.Meta.Tags = "other", nil
	put(t, h.Store, second)
	wantValue(t, h.Store, Key(1), "second")
	got, err := h.Store.Get(context.Background(), Key(1))
	if err != nil {
		t.Fatal(err)
	}
	wantMeta(t, got.Meta, second.Meta)
	put(t, h.Store, record(2, "a"), record(2, "b"))
	wantValue(t, h.Store, Key(2), "b")
}

func testExpired(t *testing.T, h StoreHarness) {
	old := record(1, "old")
	old.Meta.Created, old.Meta.Expires = time.Now().Add(-time.Hour), time.Now().Add(-time.Second)
	put(t, h.Store, old)
	wantMiss(t, h.Store, old.Key)
}

// testExpiresSoon waits for the store's own clock, which may be a server's.
func testExpiresSoon(t *testing.T, h StoreHarness) {
	soon := record(1, "soon gone")
	soon.Meta.Expires = time.Now().Add(1500 * time.Millisecond)
	put(t, h.Store, soon, record(2, "stays"))
	wantValue(t, h.Store, soon.Key, "soon gone")
	timeout := time.After(10 * time.Second)
	for {
		_, err := h.Store.Get(context.Background(), soon.Key)
		if errors.Is(err, cache.ErrNotFound) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-timeout:
			t.Fatal("entry is there long after its expiry")
		case <-time.After(20 * time.Millisecond):
		}
	}
	if early := time.Until(soon.Meta.Expires); early > 250*time.Millisecond {
		t.Errorf("entry was gone %v before its expiry", early)
	}
	wantValue(t, h.Store, Key(2), "stays")
}

func testOverwriteByExpired(t *testing.T, h StoreHarness) {
	put(t, h.Store, record(1, "live"))
	gone := record(1, "gone")
	gone.Meta.Expires = time.Now().Add(-time.Minute)
	put(t, h.Store, gone)
	wantMiss(t, h.Store, Key(1))
}

func testDelete(t *testing.T, h StoreHarness) {
	put(t, h.Store, record(1, "a"), record(2, "b"), record(3, "c"))
	n, err := h.Store.Delete(context.Background(), []cache.Key{Key(1), Key(2), Key(9)})
	if err != nil || n != 2 {
		t.Fatalf("Delete = %d, %v, want 2", n, err)
	}
	wantMiss(t, h.Store, Key(1))
	wantMiss(t, h.Store, Key(2))
	wantValue(t, h.Store, Key(3), "c")
	if n, err = h.Store.Delete(context.Background(), []cache.Key{Key(1)}); err != nil || n != 0 {
		t.Errorf("second Delete = %d, %v, want 0", n, err)
	}
	put(t, h.Store, record(1, "again"))
	wantValue(t, h.Store, Key(1), "again")
}

func testEmptyCalls(t *testing.T, h StoreHarness) {
	if err := h.Store.Put(context.Background(), nil); err != nil {
		t.Errorf("Put of nothing: %v", err)
	}
	if n, err := h.Store.Delete(context.Background(), nil); n != 0 || err != nil {
		t.Errorf("Delete of nothing = %d, %v", n, err)
	}
}

func testInvalidRecords(t *testing.T, h StoreHarness) {
	noKey, noExpiry := record(1, "a"), record(2, "b")
	noKey.Key, noExpiry.Meta.Expires = cache.Key{}, time.Time{}
	for _, bad := range []cache.Record{noKey, noExpiry} {
		if err := h.Store.Put(context.Background(), []cache.Record{bad}); err == nil {
			t.Errorf("Put of key %v expiring %v: no error", bad.Key, bad.Meta.Expires)
		}
	}
	wantMiss(t, h.Store, noExpiry.Key)
}

func testAliasing(t *testing.T, h StoreHarness) {
	mine := record(1, "before")
	put(t, h.Store, mine)
	copy(mine.Value, "XXXXXX")
	mine.Meta.Tags[0] = "changed"
	wantValue(t, h.Store, Key(1), "before")

	got, err := h.Store.Get(context.Background(), Key(1))
	if err != nil {
		t.Fatal(err)
	}
	copy(got.Value, "YYYYYY")
	got.Meta.Tags[0] = "changed"
	again, err := h.Store.Get(context.Background(), Key(1))
	if err != nil {
		t.Fatal(err)
	}
	if string(again.Value) != "before" || again.Meta.Tags[0] != "v1" {
		t.Errorf("changing a returned record changed the store: %q %v", again.Value, again.Meta.Tags)
	}
	put(t, h.Store, record(1, "replaced while held"))
	if string(got.Value) != "YYYYYY" {
		t.Errorf("a held record changed to %q", got.Value)
	}
}

func testStoreCancelled(t *testing.T, h StoreHarness) {
	put(t, h.Store, record(1, "a"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Store.Get(ctx, Key(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Get: %v, want context.Canceled", err)
	}
	if err := h.Store.Put(ctx, []cache.Record{record(2, "b")}); !errors.Is(err, context.Canceled) {
		t.Errorf("Put: %v, want context.Canceled", err)
	}
	if _, err := h.Store.Delete(ctx, []cache.Key{Key(1)}); !errors.Is(err, context.Canceled) {
		t.Errorf("Delete: %v, want context.Canceled", err)
	}
	var last error
	for _, err := range h.Store.Select(ctx, cache.Selector{Tenant: "acme"}) {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("Select ended with %v, want context.Canceled", last)
	}
	wantValue(t, h.Store, Key(1), "a")
}

func testStoreReopen(t *testing.T, h StoreHarness) {
	put(t, h.Store, record(1, "kept"), record(2, "deleted"), record(3, "first"))
	put(t, h.Store, record(3, "second"))
	if _, err := h.Store.Delete(context.Background(), []cache.Key{Key(2)}); err != nil {
		t.Fatal(err)
	}
	s := h.Reopen(t)
	wantValue(t, s, Key(1), "kept")
	wantMiss(t, s, Key(2))
	wantValue(t, s, Key(3), "second")
	got, err := s.Get(context.Background(), Key(1))
	if err != nil {
		t.Fatal(err)
	}
	if got.Meta.Tenant != "acme" || !slices.Equal(got.Meta.Tags, []string{"v1", "de"}) {
		t.Errorf("meta after reopening: %+v", got.Meta)
	}
	wantSelected(t, s, cache.Selector{Tenant: "acme"}, 1, 3)
}
