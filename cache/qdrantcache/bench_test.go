package qdrantcache_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/qdrant/go-client/qdrant"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/qdrantcache"
)

// BenchmarkIndex runs what every index runs. It measures Qdrant only if
// QDRANT_ADDR names a server; the peer is Python.
func BenchmarkIndex(b *testing.B) { cachetest.BenchmarkIndex(b, openHarness) }

// BenchmarkOverBare compares Nearest with the bare query that it sends, both
// for five candidates of one scope, and reports recall@1.
func BenchmarkOverBare(b *testing.B) {
	for _, quantisation := range []qdrantcache.Quantisation{qdrantcache.NotQuantised, qdrantcache.Int8} {
		for _, count := range []int{1000, 20_000, 100_000} {
			b.Run(fmt.Sprintf("%s/points=%d", quantisation, count), func(b *testing.B) {
				o := options(b)
				o.Dimensions, o.Quantisation = 384, quantisation
				x, v := open(b, o), cachetest.NewVectors(384, 1)
				held := fillScope(b, x, o, v, count)
				queries := make([][]float32, 500)
				for i := range queries {
					queries[i] = v.Near(held[i*997%len(held)], 0.9)
				}
				a := admin(b, o)
				alias, _ := a.alias(o.Collection)
				ctx := a.ctx()
				b.Run("bare", func(b *testing.B) {
					timed(b, queries, func(query []float32) error {
						_, err := a.points.Query(ctx, bare(alias, query))
						return err
					})
				})
				b.Run("index", func(b *testing.B) {
					timed(b, queries, func(query []float32) error {
						_, err := x.Nearest(b.Context(), cache.Nearest{
							Scope: cachetest.Scope(1), Vector: query, K: 5, ExpiresAfter: time.Now(),
						})
						return err
					})
				})
				r := recall(b, x, v, held)
				b.Run("recall", func(b *testing.B) {
					b.ReportMetric(r, "recall@1")
					b.ReportMetric(0, "ns/op")
				})
			})
		}
	}
}

// bare is a filtered top five without any of the index's own work.
func bare(alias string, query []float32) *qdrant.QueryPoints {
	after := float64(time.Now().UnixMilli())
	return &qdrant.QueryPoints{
		CollectionName: alias,
		Query:          qdrant.NewQueryDense(query),
		Filter: &qdrant.Filter{Must: []*qdrant.Condition{
			qdrant.NewMatchKeyword("scope", cache.Key(cachetest.Scope(1)).String()),
			qdrant.NewRange("expires", &qdrant.Range{Gt: &after}),
		}},
		Limit:       qdrant.PtrOf[uint64](5),
		WithPayload: qdrant.NewWithPayload(true),
	}
}

// timed reports the median and the 99th percentile of one call at a time.
func timed(b *testing.B, queries [][]float32, call func(query []float32) error) {
	took := make([]time.Duration, 0, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		began := time.Now()
		if err := call(queries[i%len(queries)]); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
}
