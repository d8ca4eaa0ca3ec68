// The contract of cache.Index: filters, replacement, durability.

package cachetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
)

func testTags(t *testing.T, h IndexHarness) {
	v := NewVectors(16, 20)
	query := v.Next()
	for n, tags := range [][]string{{"a", "b"}, {"b"}, nil, {"ab", "c,d"}, {"a"}} {
		p := point(n, Scope(1), v.Near(query, 0.9-0.1*float64(n)))
		p.Tags = tags
		upsert(t, h.Index, p)
	}
	for _, c := range []struct {
		tags []string
		want []int
	}{
		{nil, []int{0, 1, 2, 3, 4}},
		{[]string{"a"}, []int{0, 4}},
		{[]string{"b", "a"}, []int{0}},
		{[]string{"c,d"}, []int{3}},
		{[]string{"c"}, nil},
		{[]string{"a", "nowhere"}, nil},
	} {
		wantNearest(t, h.Index, cache.Nearest{Scope: Scope(1), Vector: query, K: 9, Tags: c.tags}, c.want...)
	}
}

func testCreatedSince(t *testing.T, h IndexHarness) {
	v := NewVectors(16, 21)
	query, now := v.Next(), time.Now().Truncate(time.Second)
	for n := range 4 {
		p := point(n, Scope(1), v.Near(query, 0.9-0.1*float64(n)))
		p.Created = now.Add(-time.Duration(n) * time.Hour)
		upsert(t, h.Index, p)
	}
	q := cache.Nearest{Scope: Scope(1), Vector: query, K: 9}
	q.CreatedSince = now.Add(-90 * time.Minute)
	wantNearest(t, h.Index, q, 0, 1)
	q.CreatedSince = now.Add(-2 * time.Hour)
	wantNearest(t, h.Index, q, 0, 1, 2)
	q.CreatedSince = now.Add(time.Hour)
	wantNearest(t, h.Index, q)
}

func testExpiresAfter(t *testing.T, h IndexHarness) {
	v := NewVectors(16, 22)
	query, now := v.Next(), time.Now().Truncate(time.Second)
	for n := range 4 {
		p := point(n, Scope(1), v.Near(query, 0.9-0.1*float64(n)))
		p.Expires = now.Add(time.Duration(n+1) * time.Hour)
		upsert(t, h.Index, p)
	}
	q := cache.Nearest{Scope: Scope(1), Vector: query, K: 9}
	wantNearest(t, h.Index, q, 0, 1, 2, 3)
	q.ExpiresAfter = now.Add(90 * time.Minute)
	wantNearest(t, h.Index, q, 1, 2, 3)
	q.ExpiresAfter = now.Add(2 * time.Hour)
	wantNearest(t, h.Index, q, 2, 3)
	q.ExpiresAfter = now.Add(9 * time.Hour)
	wantNearest(t, h.Index, q)
}

// testFilteredPlaces puts thousands of points that the filter refuses nearer
// to the query than the one that it admits.
func testFilteredPlaces(t *testing.T, h IndexHarness) {
	v := NewVectors(384, 23)
	query, now := v.Next(), time.Now()
	var points []cache.Point
	for n := range 3000 {
		p := point(n, Scope(1), v.Near(query, 0.98))
		switch n % 3 {
		case 0:
			p.Tags = []string{"other"}
		case 1:
			p.Tags, p.Created = []string{"wanted"}, now.Add(-48*time.Hour)
		case 2:
			p.Tags, p.Expires = []string{"wanted"}, now.Add(time.Minute)
		}
		points = append(points, p)
	}
	admitted := point(4000, Scope(1), v.Near(query, 0.6))
	admitted.Tags = []string{"wanted"}
	upsert(t, h.Index, append(points, admitted)...)
	found := wantNearest(t, h.Index, cache.Nearest{
		Scope: Scope(1), Vector: query, K: 5, Tags: []string{"wanted"},
		CreatedSince: now.Add(-time.Hour), ExpiresAfter: now.Add(10 * time.Minute),
	}, 4000)
	if len(found) > 0 {
		wantSimilarity(t, found[0].Similarity, 0.6)
	}
}

func testReplace(t *testing.T, h IndexHarness) {
	v := NewVectors(16, 24)
	query := v.Next()
	first, second := point(1, Scope(1), query), point(1, Scope(1), v.Near(query, 0.5))
	first.Tags, second.Text = []string{"old"}, "the new text"
	upsert(t, h.Index, first, point(2, Scope(1), v.Near(query, 0.8)))
	upsert(t, h.Index, second)
	found := wantNearest(t, h.Index, cache.Nearest{Scope: Scope(1), Vector: query, K: 9}, 2, 1)
	wantSimilarity(t, found[1].Similarity, 0.5)
	if found[1].Text != "the new text" {
		t.Errorf("text %q, want the new one", found[1].Text)
	}
	wantNearest(t, h.Index, cache.Nearest{Scope: Scope(1), Vector: query, K: 9, Tags: []string{"old"}})
}

func testMove(t *testing.T, h IndexHarness) {
	v := NewVectors(16, 25)
	query := v.Next()
	for to := range 40 {
		upsert(t, h.Index, point(1, Scope(to), query))
		wantNearest(t, h.Index, cache.Nearest{Scope: Scope(to), Vector: query, K: 9}, 1)
		if to > 0 {
			wantNearest(t, h.Index, cache.Nearest{Scope: Scope(to - 1), Vector: query, K: 9})
		}
	}
}

func testDeletePoints(t *testing.T, h IndexHarness) {
	v := NewVectors(16, 26)
	query := v.Next()
	for n := range 6 {
		upsert(t, h.Index, point(n, Scope(1), v.Near(query, 0.9-0.1*float64(n))))
	}
	for _, keys := range [][]cache.Key{nil, {Key(0), Key(3)}, {Key(3), Key(99)}} {
		if err := h.Index.Delete(context.Background(), keys); err != nil {
			t.Fatalf("Delete: %v", err)
		}
	}
	q := cache.Nearest{Scope: Scope(1), Vector: query, K: 9}
	wantNearest(t, h.Index, q, 1, 2, 4, 5)
	upsert(t, h.Index, point(3, Scope(1), v.Near(query, 0.99)))
	wantNearest(t, h.Index, q, 3, 1, 2, 4, 5)
}

func testIndexAliasing(t *testing.T, h IndexHarness) {
	v := NewVectors(16, 27)
	query := v.Next()
	mine := point(1, Scope(1), append([]float32(nil), query...))
	mine.Tags = []string{"a"}
	upsert(t, h.Index, mine)
	copy(mine.Vector, v.Next())
	mine.Tags[0] = "changed"
	q := cache.Nearest{Scope: Scope(1), Vector: query, K: 1, Tags: []string{"a"}}
	found := wantNearest(t, h.Index, q, 1)
	wantSimilarity(t, found[0].Similarity, 1)
	found[0].Text, found[0].Key = "changed", Key(5)
	if again := wantNearest(t, h.Index, q, 1); again[0].Text != "question 1" {
		t.Errorf("changing a candidate changed the index: %q", again[0].Text)
	}
}

func testIndexCancelled(t *testing.T, h IndexHarness) {
	v := NewVectors(16, 28)
	upsert(t, h.Index, point(1, Scope(1), v.Next()))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Index.Nearest(ctx, cache.Nearest{Scope: Scope(1), Vector: v.Next(), K: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("Nearest: %v, want context.Canceled", err)
	}
	if err := h.Index.Upsert(ctx, []cache.Point{point(2, Scope(1), v.Next())}); !errors.Is(err, context.Canceled) {
		t.Errorf("Upsert: %v, want context.Canceled", err)
	}
	if err := h.Index.Delete(ctx, []cache.Key{Key(1)}); !errors.Is(err, context.Canceled) {
		t.Errorf("Delete: %v, want context.Canceled", err)
	}
	wantNearest(t, h.Index, cache.Nearest{Scope: Scope(1), Vector: v.Next(), K: 9}, 1)
}

func testIndexReopen(t *testing.T, h IndexHarness) {
	v := NewVectors(384, 29)
	query := v.Next()
	kept := point(1, Scope(1), v.Near(query, 0.9))
	kept.Tags = []string{"a", "b"}
	upsert(t, h.Index, kept, point(2, Scope(1), query), point(3, Scope(1), v.Next()), point(4, Scope(2), v.Next()))
	upsert(t, h.Index, point(3, Scope(2), query))
	if err := h.Index.Delete(context.Background(), []cache.Key{Key(2)}); err != nil {
		t.Fatal(err)
	}
	x := h.Reopen(t)
	c := wantNearest(t, x, cache.Nearest{Scope: Scope(1), Vector: query, K: 9, Tags: []string{"b"}}, 1)[0]
	wantSimilarity(t, c.Similarity, 0.9)
	if c.Text != kept.Text {
		t.Errorf("text after reopening: %q, want %q", c.Text, kept.Text)
	}
	wantTime(t, "Created", c.Created, kept.Created)
	wantTime(t, "Expires", c.Expires, kept.Expires)
	wantNearest(t, x, cache.Nearest{Scope: Scope(1), Vector: query, K: 9}, 1)
	wantNearest(t, x, cache.Nearest{Scope: Scope(2), Vector: query, K: 9}, 3, 4)
}
