package rediscache_test

import (
	"context"
	"testing"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/rediscache"
	"github.com/askonce/askonce/cache/rediscache/redistest"
)

func TestSentinelFailover(t *testing.T) {
	t.Parallel()
	set := redistest.StartSentinel(t)
	one, other := open(t, rediscache.Options{URL: set.URL()}), open(t, rediscache.Options{URL: set.URL()})
	seen := follow(t, other)
	put(t, one, record(1))
	before := seen.losses()
	set.Primary.Kill(t)
	wantFaults(t, one, nil)
	within(t, aSecond, "the watch says so", func() bool { return seen.losses() > before })
	wantRecovery(t, one)
	redistest.Eventually(t, "later deletions are heard", func() bool {
		_, err := one.Delete(context.Background(), []cache.Key{cachetest.Key(2)})
		return err == nil && seen.has(cachetest.Key(2))
	})
}

func TestClusterFailover(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 1)
	one, other := open(t, rediscache.Options{URL: cluster.URL()}), open(t, rediscache.Options{URL: cluster.URL()})
	seen := follow(t, other)
	put(t, one, records(100)...)
	cluster.Primaries[0].Kill(t)
	failed := 0
	for n := range 100 {
		took, err := call(func(ctx context.Context) error {
			_, err := one.Get(ctx, cachetest.Key(n))
			return err
		})
		if err != nil {
			failed++
		}
		if took > callTime+patience {
			t.Errorf("Get took %v", took)
		}
	}
	if failed == 0 || failed == 100 {
		t.Errorf("%d of 100 reads fail with one of three nodes dead", failed)
	}
	cluster.Replicas[0].Do(t, "cluster", "failover", "takeover")
	wantRecovery(t, one)
	redistest.Eventually(t, "all entries can be read and written", func() bool {
		if _, err := call(func(ctx context.Context) error { return one.Put(ctx, records(100)) }); err != nil {
			return false
		}
		for n := range 100 {
			if _, err := one.Get(context.Background(), cachetest.Key(n)); err != nil {
				return false
			}
		}
		return true
	})
	redistest.Eventually(t, "deletions are heard", func() bool {
		_, err := one.Delete(context.Background(), []cache.Key{cachetest.Key(2)})
		return err == nil && seen.has(cachetest.Key(2))
	})
}
