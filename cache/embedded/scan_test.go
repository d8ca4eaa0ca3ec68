package embedded_test

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/embedded"
)

// scan returns the keys that a store yields behind after.
func scan(t *testing.T, s cache.Store, after cache.Key) (keys []cache.Key) {
	t.Helper()
	for record, err := range s.(cache.Scanner).Scan(t.Context(), after) {
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(t.Context(), record.Key); err != nil || !bytes.Equal(got.Value, record.Value) || got.Meta.Tenant != record.Meta.Tenant {
			t.Errorf("%s: Scan yields another record than Get: %v", record.Key, err)
		}
		keys = append(keys, record.Key)
	}
	return keys
}

// TestScan: all tenants' entries in order, over several pages of which some
// hold nothing that is live.
func TestScan(t *testing.T) {
	s := open(t, embedded.Options{Folder: t.TempDir(), SweepEvery: time.Hour}).Store()
	live := 0
	for n := range 24 {
		e := entry(n)
		e.Value = bytes.Repeat([]byte{byte(n)}, 1<<20)
		e.Key = cache.Key{byte(n + 1)}
		e.Meta.Tenant = []string{"acme", "other"}[n%2]
		if n >= 4 && n < 16 { // three pages
			e.Meta.Expires = time.Now().Add(-time.Minute)
		} else {
			live++
		}
		if err := s.Put(t.Context(), []cache.Record{e}); err != nil {
			t.Fatal(err)
		}
	}
	keys := scan(t, s, cache.Key{})
	if len(keys) != live {
		t.Fatalf("%d entries, want %d", len(keys), live)
	}
	for i := 1; i < len(keys); i++ {
		if bytes.Compare(keys[i-1][:], keys[i][:]) >= 0 {
			t.Fatal("keys are out of order")
		}
	}
	if rest := scan(t, s, keys[5]); len(rest) != live-6 || rest[0] != keys[6] {
		t.Errorf("behind the sixth key: %d entries", len(rest))
	}
	if rest := scan(t, s, keys[live-1]); len(rest) != 0 {
		t.Errorf("behind the last key: %d entries", len(rest))
	}
}

func TestScanEndsWithItsStore(t *testing.T) {
	db := open(t, embedded.Options{Folder: t.TempDir()})
	s := db.Store()
	db.Close()
	for _, err := range s.(cache.Scanner).Scan(t.Context(), cache.Key{}) {
		if !errors.Is(err, embedded.ErrClosed) {
			t.Errorf("%v, want ErrClosed", err)
		}
	}
}

// TestVectors: what was written comes back, as precise as 16 bits are, and
// nothing for keys that have no point.
func TestVectors(t *testing.T) {
	x := openIndex(t, open(t, embedded.Options{Folder: t.TempDir()}), 384)
	points := []cache.Point{question(1, 384), question(2, 384)}
	if err := x.Upsert(t.Context(), points); err != nil {
		t.Fatal(err)
	}
	got, err := x.(cache.VectorReader).Vectors(t.Context(), []cache.Key{points[1].Key, cachetest.Key(3), points[0].Key})
	if err != nil || len(got) != 3 || got[1] != nil {
		t.Fatalf("%d vectors, %v", len(got), err)
	}
	for i, at := range map[int]int{0: 2, 1: 0} {
		var length float64
		for j, want := range points[i].Vector {
			length += float64(got[at][j]) * float64(got[at][j])
			if math.Abs(float64(got[at][j]-want)) > 1.0/(1<<14) {
				t.Fatalf("point %d, component %d: %g, want %g", i, j, got[at][j], want)
			}
		}
		if math.Abs(length-1) > 1e-5 {
			t.Errorf("point %d: squared length %g", i, length)
		}
	}
}
