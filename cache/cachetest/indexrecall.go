// The contract of cache.Index: recall among many points, and concurrent use.

package cachetest

import (
	"context"
	"sync"
	"testing"

	"github.com/askonce/askonce/cache"
)

// testRecall compares with a scan of everything. Half the queries are close to
// a stored point, as repeated questions are, half are members of a cluster
// whose nearest point is anywhere.
func testRecall(t *testing.T, h IndexHarness) {
	const stored, queries = 2000, 150
	v := NewVectors(384, 30)
	all := v.Clusters(stored+queries/2, 50)
	v.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	held, asked := all[:stored], all[stored:]
	for n := range queries / 2 {
		asked = append(asked, v.Near(held[n*7], 0.8+0.19*v.random.Float64()))
	}
	points := make([]cache.Point, stored)
	for n, vector := range held {
		points[n] = point(n, Scope(1), vector)
	}
	for from := 0; from < stored; from += 500 {
		upsert(t, h.Index, points[from:from+500]...)
	}
	missed := 0
	for _, query := range asked {
		want := 0.0
		for _, vector := range held {
			want = max(want, Cosine(query, vector))
		}
		found := nearest(t, h.Index, cache.Nearest{Scope: Scope(1), Vector: query, K: 1})
		if len(found) != 1 || found[0].Similarity < want-tolerance {
			missed++
		}
	}
	if float64(missed) > 0.001*queries {
		t.Errorf("recall@1 is %.4f: %d of %d queries missed their nearest point", 1-float64(missed)/queries, missed, queries)
	}
}

// testIndexConcurrent lets writers own keys and scopes that everyone searches.
func testIndexConcurrent(t *testing.T, h IndexHarness) {
	const writers, rounds, scopes = 4, 25, 3
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			v := NewVectors(64, uint64(40+w))
			for round := range rounds {
				n := w*1000 + round
				p := point(n, Scope(round%scopes), v.Next())
				upsertOrReport(t, h.Index, p)
				found, err := h.Index.Nearest(context.Background(), cache.Nearest{Scope: p.Scope, Vector: p.Vector, K: 1})
				if err != nil || len(found) != 1 || found[0].Key != p.Key || found[0].Text != p.Text {
					t.Errorf("own point is not found after Upsert: %v, %v", found, err)
				}
				if round%2 == 0 {
					if err := h.Index.Delete(context.Background(), []cache.Key{p.Key}); err != nil {
						t.Errorf("Delete: %v", err)
					}
				}
			}
		})
		group.Go(func() {
			v := NewVectors(64, uint64(60+w))
			for round := range rounds * 4 {
				found, err := h.Index.Nearest(context.Background(), cache.Nearest{Scope: Scope(round % scopes), Vector: v.Next(), K: 5})
				if err != nil || len(found) > 5 {
					t.Errorf("Nearest: %d candidates, %v", len(found), err)
				}
				for i := 1; i < len(found); i++ {
					if found[i].Similarity > found[i-1].Similarity {
						t.Errorf("candidates out of order: %v", found)
					}
				}
			}
		})
	}
	group.Wait()
	left := 0
	v := NewVectors(64, 80)
	for s := range scopes {
		left += len(nearest(t, h.Index, cache.Nearest{Scope: Scope(s), Vector: v.Next(), K: 1000}))
	}
	if want := writers * (rounds / 2); left != want {
		t.Errorf("%d points are left, want %d", left, want)
	}
}

func upsertOrReport(t *testing.T, x cache.Index, p cache.Point) {
	if err := x.Upsert(context.Background(), []cache.Point{p}); err != nil {
		t.Errorf("Upsert: %v", err)
	}
}
