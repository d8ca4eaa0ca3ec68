package qdrantcache_test

import (
	"errors"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/qdrantcache"
)

// fillScope writes that many points to one scope and waits for its graph. The
// vectors are in clusters, as questions are.
func fillScope(tb testing.TB, x *qdrantcache.Index, o qdrantcache.Options, v *cachetest.Vectors, count int) [][]float32 {
	tb.Helper()
	held := v.Clusters(count, 50)
	points := make([]cache.Point, count)
	for n, vector := range held {
		points[n] = point(n, vector...)
	}
	a := admin(tb, o)
	alias, collection := a.alias(o.Collection)
	a.oneSegment(collection)
	upsert(tb, x, points...)
	const graphFrom = 10_000 << 10 // bytes of vectors
	if count*o.Dimensions*4 < graphFrom {
		return held
	}
	eventually(tb, func() error {
		// What the server has not indexed by then, it scans.
		if a.info(alias).GetIndexedVectorsCount() < uint64(count)*9/10 {
			return errors.New("the graph is not there yet")
		}
		return nil
	})
	return held
}

// recall is the share of queries whose nearest point is found first.
func recall(tb testing.TB, x *qdrantcache.Index, v *cachetest.Vectors, held [][]float32) float64 {
	tb.Helper()
	const queries = 200
	missed := 0
	for n := range queries {
		query := v.Near(held[n*(len(held)/queries)], 0.7+0.29*float64(n)/queries)
		want := 0.0
		for _, vector := range held {
			want = max(want, cachetest.Cosine(query, vector))
		}
		found, err := x.Nearest(tb.Context(), cache.Nearest{
			Scope: cachetest.Scope(1), Vector: query, K: 1, ExpiresAfter: time.Now(),
		})
		if err != nil {
			tb.Fatal(err)
		}
		if len(found) == 0 || found[0].Similarity < want-1e-3 {
			missed++
		}
	}
	return 1 - float64(missed)/queries
}

// The scope is too large to be scanned: its quantised graph is searched.
func TestRecallOfAQuantisedGraph(t *testing.T) {
	o := options(t)
	o.Dimensions, o.Quantisation = 384, qdrantcache.Int8
	x, v := open(t, o), cachetest.NewVectors(384, 1)
	held := fillScope(t, x, o, v, 7000)
	if r := recall(t, x, v, held); r < 0.99 {
		t.Errorf("recall@1 is %.4f, want at least 0.99", r)
	}
}
