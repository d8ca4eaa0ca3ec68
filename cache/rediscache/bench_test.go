package rediscache_test

import (
	"context"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/rediscache"
	"github.com/askonce/askonce/cache/rediscache/redistest"
)

// benchSize is what the contract's benchmark stores in each entry.
const benchSize = 2048

func BenchmarkStore(b *testing.B) {
	server := redistest.Start(b)
	cachetest.BenchmarkStore(b, func(tb testing.TB) cachetest.StoreHarness {
		server.Do(tb, "flushall")
		return cachetest.StoreHarness{Store: open(tb, rediscache.Options{URL: server.URL()})}
	})
}

// BenchmarkGet measures an exact hit beside a bare GET of as many bytes by the
// same client.
func BenchmarkGet(b *testing.B) {
	server := redistest.Start(b)
	ctx := context.Background()
	s := open(b, rediscache.Options{URL: server.URL()})
	r := record(1)
	r.Value = make([]byte, benchSize)
	put(b, s, r)
	bare := redis.NewClient(&redis.Options{Addr: server.Addr(), Protocol: 2, ContextTimeoutEnabled: true})
	b.Cleanup(func() { bare.Close() })
	server.Do(b, "set", "bare", make([]byte, benchSize))
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := bare.Get(ctx, "bare").Err(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("store", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Get(ctx, cachetest.Key(1)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkPut(b *testing.B) {
	server := redistest.Start(b)
	for name, size := range map[string]int{"batch=1": 1, "batch=100": 100} {
		b.Run(name, func(b *testing.B) {
			server.Do(b, "flushall")
			s := open(b, rediscache.Options{URL: server.URL()})
			batch := records(size)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				for i := range batch {
					batch[i].Key = cachetest.Key(n*size + i)
					batch[i].Value = make([]byte, benchSize)
				}
				put(b, s, batch...)
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

func BenchmarkDelete(b *testing.B) {
	s := open(b, rediscache.Options{URL: redistest.Start(b).URL()})
	const size = 100
	batch, keys := records(size), make([]cache.Key, size)
	for i := range batch {
		keys[i] = batch[i].Key
	}
	for b.Loop() {
		put(b, s, batch...)
		if n, err := s.Delete(context.Background(), keys); n != size || err != nil {
			b.Fatal(n, err)
		}
	}
}
