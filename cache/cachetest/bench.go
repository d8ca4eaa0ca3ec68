// Benchmarks that every backend runs.

package cachetest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
)

// benchValue is about what a sealed answer takes.
const benchValue = 2048

// BenchmarkStore measures Get and Put, alone and from many callers.
func BenchmarkStore(b *testing.B, open func(tb testing.TB) StoreHarness) {
	value := string(make([]byte, benchValue))
	b.Run("Get", func(b *testing.B) {
		s := open(b).Store
		const count = 10_000
		for from := 0; from < count; from += 500 {
			records := make([]cache.Record, 500)
			for i := range records {
				records[i] = record(from+i, value)
			}
			put(b, s, records...)
		}
		keys := make([]cache.Key, count)
		for n := range keys {
			keys[n] = Key(n)
		}
		b.ReportAllocs()
		b.ResetTimer()
		for i := range b.N {
			if _, err := s.Get(context.Background(), keys[i*7919%count]); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("Put/writers=%d", writers), func(b *testing.B) {
			s := open(b).Store
			var n atomic.Int64
			b.ReportAllocs()
			parallel(b, writers, func() error {
				return s.Put(context.Background(), []cache.Record{record(int(n.Add(1)), value)})
			})
		})
	}
}

// BenchmarkIndex measures Nearest in one scope and in many, and Upsert.
func BenchmarkIndex(b *testing.B, open OpenIndex) {
	const dimensions = 384
	for _, size := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("Nearest/points=%d", size), func(b *testing.B) {
			benchmarkNearest(b, open(b, dimensions).Index, dimensions, size)
		})
	}
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("Upsert/writers=%d", writers), func(b *testing.B) {
			x := open(b, dimensions).Index
			vectors := NewVectors(dimensions, 1).Clusters(1000, 50)
			var n atomic.Int64
			b.ReportAllocs()
			parallel(b, writers, func() error {
				i := int(n.Add(1))
				return x.Upsert(context.Background(), []cache.Point{point(i, Scope(i%100), vectors[i%len(vectors)])})
			})
		})
	}
}

func benchmarkNearest(b *testing.B, x cache.Index, dimensions, size int) {
	v := NewVectors(dimensions, 1)
	vectors := v.Clusters(size, 50)
	for from := 0; from < size; from += 1000 {
		points := make([]cache.Point, 0, 1000)
		for n := from; n < min(from+1000, size); n++ {
			points = append(points, point(n, Scope(1), vectors[n]))
		}
		upsert(b, x, points...)
	}
	queries := make([][]float32, 500)
	for i := range queries {
		queries[i] = v.Near(vectors[i*997%size], 0.9)
	}
	took := make([]time.Duration, 0, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		began := time.Now()
		_, err := x.Nearest(context.Background(), cache.Nearest{Scope: Scope(1), Vector: queries[i%len(queries)], K: 8, ExpiresAfter: began})
		if err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
}

// parallel runs call b.N times from that many callers.
func parallel(b *testing.B, callers int, call func() error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	failed := make(chan error, callers)
	b.ResetTimer()
	for range callers {
		go func() {
			for left.Add(-1) >= 0 {
				if err := call(); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for range callers {
		if err := <-failed; err != nil {
			b.Fatal(err)
		}
	}
}
