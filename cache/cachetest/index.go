// The contract of cache.Index: order, scopes, filters.

package cachetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
)

// tolerance is how far a similarity may be from the cosine.
const tolerance = 1e-3

// IndexHarness is an index under test.
type IndexHarness struct {
	Index cache.Index

	// Reopen closes the index and returns another one on the same data, as
	// after a restart.
	Reopen func(tb testing.TB) cache.Index
}

// OpenIndex returns an empty index for vectors with that many components, and
// cleans up with tb.Cleanup.
type OpenIndex func(tb testing.TB, dimensions int) IndexHarness

// TestIndex runs the contract suite.
func TestIndex(t *testing.T, open OpenIndex) {
	cases := []struct {
		name       string
		dimensions int
		run        func(t *testing.T, h IndexHarness)
	}{
		{"an empty scope has no neighbours", 8, testEmptyScope},
		{"a reworded prompt in the same scope is found", 384, testReworded},
		{"a scope is never crossed", 384, testScopes},
		{"nearest first, with its cosine", 384, testOrder},
		{"order in three dimensions", 3, testOrder3},
		{"equals by age, oldest first", 32, testTies},
		{"K bounds the candidates", 16, testK},
		{"text and times come back", 16, testFields},
		{"all tags must be on the point", 16, testTags},
		{"CreatedSince leaves out older points", 16, testCreatedSince},
		{"ExpiresAfter leaves out what expires", 16, testExpiresAfter},
		{"refused points take no places", 384, testFilteredPlaces},
		{"upsert replaces by key", 16, testReplace},
		{"a replaced point leaves its old scope", 16, testMove},
		{"deleted points are gone", 16, testDeletePoints},
		{"a wrong dimension is ErrDimension and writes nothing", 16, testDimension},
		{"a point without key or expiry is refused", 16, testInvalidPoints},
		{"memory is not shared", 16, testIndexAliasing},
		{"a cancelled context is an error", 16, testIndexCancelled},
		{"what was acknowledged is there after reopening", 384, testIndexReopen},
		{"the nearest of thousands is the true one", 384, testRecall},
		{"concurrent upserts, deletes and searches", 64, testIndexConcurrent},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t, c.dimensions)) })
	}
}

// point returns a point that was made now and lives for an hour.
func point(n int, scope cache.Scope, vector []float32) cache.Point {
	now := time.Now()
	return cache.Point{
		Key: Key(n), Scope: scope, Vector: vector, Text: fmt.Sprint("question ", n),
		Created: now, Expires: now.Add(time.Hour),
	}
}

func upsert(t testing.TB, x cache.Index, points ...cache.Point) {
	t.Helper()
	if err := x.Upsert(context.Background(), points); err != nil {
		t.Fatalf("Upsert: %v", err)
	}
}

func nearest(t testing.TB, x cache.Index, q cache.Nearest) []cache.Candidate {
	t.Helper()
	found, err := x.Nearest(context.Background(), q)
	if err != nil {
		t.Fatalf("Nearest: %v", err)
	}
	if found == nil {
		t.Errorf("Nearest returned nil, want a slice")
	}
	return found
}

// wantNearest checks which keys are found, in order.
func wantNearest(t testing.TB, x cache.Index, q cache.Nearest, want ...int) []cache.Candidate {
	t.Helper()
	found := nearest(t, x, q)
	ok := len(found) == len(want)
	for i := 0; ok && i < len(want); i++ {
		ok = found[i].Key == Key(want[i])
	}
	if !ok {
		texts := make([]string, len(found))
		for i, c := range found {
			texts[i] = fmt.Sprintf("%s (%.4f)", c.Text, c.Similarity)
		}
		t.Errorf("Nearest found %q, want keys %v", texts, want)
	}
	return found
}

func wantSimilarity(t testing.TB, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("similarity %.5f, want %.5f", got, want)
	}
}

func testEmptyScope(t *testing.T, h IndexHarness) {
	v := NewVectors(8, 1)
	wantNearest(t, h.Index, cache.Nearest{Scope: Scope(1), Vector: v.Next(), K: 3})
	upsert(t, h.Index, point(1, Scope(1), v.Next()))
	wantNearest(t, h.Index, cache.Nearest{Scope: Scope(2), Vector: v.Next(), K: 3})
}

func testReworded(t *testing.T, h IndexHarness) {
	v := NewVectors(384, 2)
	asked := v.Next()
	upsert(t, h.Index, point(1, Scope(1), asked), point(2, Scope(1), v.Next()))
	found := wantNearest(t, h.Index, cache.Nearest{Scope: Scope(1), Vector: v.Near(asked, 0.96), K: 1}, 1)
	wantSimilarity(t, found[0].Similarity, 0.96)
}

func testScopes(t *testing.T, h IndexHarness) {
	v := NewVectors(384, 3)
	same := v.Next()
	for n := range 20 {
		upsert(t, h.Index, point(n, Scope(n), same))
	}
	for n := range 20 {
		found := wantNearest(t, h.Index, cache.Nearest{Scope: Scope(n), Vector: same, K: 50}, n)
		wantSimilarity(t, found[0].Similarity, 1)
	}
	almost := Scope(0)
	almost[31] ^= 1
	wantNearest(t, h.Index, cache.Nearest{Scope: almost, Vector: same, K: 50})
}

func testOrder(t *testing.T, h IndexHarness) {
	v := NewVectors(384, 4)
	query := v.Next()
	similarities := []float64{0.999, 0.97, 0.94, 0.9, 0.7, 0.3, 0, -0.4, -1}
	var want []int
	for n := len(similarities) - 1; n >= 0; n-- {
		upsert(t, h.Index, point(n, Scope(1), v.Near(query, similarities[n])))
		want = append([]int{n}, want...)
	}
	found := wantNearest(t, h.Index, cache.Nearest{Scope: Scope(1), Vector: query, K: 20}, want...)
	for i, c := range found {
		wantSimilarity(t, c.Similarity, similarities[i])
	}
}

func testOrder3(t *testing.T, h IndexHarness) {
	upsert(t, h.Index,
		point(1, Scope(1), []float32{0, 0, -1}),
		point(2, Scope(1), []float32{0.6, 0.8, 0}),
		point(3, Scope(1), []float32{0, 0.6, 0.8}),
		point(4, Scope(1), []float32{0, 1, 0}))
	found := wantNearest(t, h.Index, cache.Nearest{Scope: Scope(1), Vector: []float32{0, 1, 0}, K: 9}, 4, 2, 3, 1)
	for i, want := range []float64{1, 0.8, 0.6, 0} {
		wantSimilarity(t, found[i].Similarity, want)
	}
}

func testTies(t *testing.T, h IndexHarness) {
	v := NewVectors(32, 5)
	same, now := v.Next(), time.Now()
	for _, n := range []int{3, 1, 4, 2, 5} {
		p := point(n, Scope(1), same)
		p.Created = now.Add(time.Duration(n) * time.Minute)
		upsert(t, h.Index, p)
	}
	q := cache.Nearest{Scope: Scope(1), Vector: v.Near(same, 0.95), K: 3}
	wantNearest(t, h.Index, q, 1, 2, 3)
	q.K = 10
	wantNearest(t, h.Index, q, 1, 2, 3, 4, 5)
}

func testK(t *testing.T, h IndexHarness) {
	v := NewVectors(16, 6)
	query := v.Next()
	for n := range 10 {
		upsert(t, h.Index, point(n, Scope(1), v.Near(query, 0.99-0.05*float64(n))))
	}
	for _, k := range []int{1, 2, 9, 10, 11, 1000} {
		var want []int
		for n := range min(k, 10) {
			want = append(want, n)
		}
		wantNearest(t, h.Index, cache.Nearest{Scope: Scope(1), Vector: query, K: k}, want...)
	}
	for _, k := range []int{0, -1} {
		if _, err := h.Index.Nearest(context.Background(), cache.Nearest{Scope: Scope(1), Vector: query, K: k}); err == nil {
			t.Errorf("K = %d: no error", k)
		}
	}
}

func testFields(t *testing.T, h IndexHarness) {
	v := NewVectors(16, 7)
	for n, text := range []string{"", "Wie hoch ist die Gebühr? 🙂", "line\nbreak \x00 and\ttab", string(make([]byte, 20_000))} {
		p := point(n, Scope(n), v.Next())
		p.Text = text
		p.Created = time.Date(2025, 3, 4, 5, 6, 7, 89_000_000, time.UTC)
		p.Expires = time.Date(2090, 3, 4, 5, 6, 7, 89_000_000, time.FixedZone("x", 3600))
		upsert(t, h.Index, p)
		c := wantNearest(t, h.Index, cache.Nearest{Scope: Scope(n), Vector: p.Vector, K: 1}, n)[0]
		if c.Text != text {
			t.Errorf("text %.40q, want %.40q", c.Text, text)
		}
		wantTime(t, "Created", c.Created, p.Created)
		wantTime(t, "Expires", c.Expires, p.Expires)
	}
}

func testDimension(t *testing.T, h IndexHarness) {
	v := NewVectors(16, 8)
	for _, wrong := range [][]float32{nil, {1}, NewVectors(15, 1).Next(), NewVectors(17, 1).Next()} {
		err := h.Index.Upsert(context.Background(), []cache.Point{point(1, Scope(1), v.Next()), point(2, Scope(1), wrong)})
		if !errors.Is(err, cache.ErrDimension) {
			t.Errorf("Upsert of %d components: %v, want ErrDimension", len(wrong), err)
		}
		if _, err := h.Index.Nearest(context.Background(), cache.Nearest{Scope: Scope(1), Vector: wrong, K: 1}); !errors.Is(err, cache.ErrDimension) {
			t.Errorf("Nearest with %d components: %v, want ErrDimension", len(wrong), err)
		}
	}
	wantNearest(t, h.Index, cache.Nearest{Scope: Scope(1), Vector: v.Next(), K: 9})
}

func testInvalidPoints(t *testing.T, h IndexHarness) {
	v := NewVectors(16, 9)
	noKey, noExpiry := point(1, Scope(1), v.Next()), point(2, Scope(1), v.Next())
	noKey.Key, noExpiry.Expires = cache.Key{}, time.Time{}
	for _, bad := range []cache.Point{noKey, noExpiry} {
		if err := h.Index.Upsert(context.Background(), []cache.Point{bad}); err == nil {
			t.Errorf("Upsert of key %v expiring %v: no error", bad.Key, bad.Expires)
		}
	}
	wantNearest(t, h.Index, cache.Nearest{Scope: Scope(1), Vector: v.Next(), K: 9})
}
