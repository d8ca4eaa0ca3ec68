package rediscache_test

import (
	"context"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/rediscache"
	"github.com/askonce/askonce/cache/rediscache/redistest"
)

// TestThresholdsReachOtherReplicas has two caches on stores of their own.
func TestThresholdsReachOtherReplicas(t *testing.T) {
	t.Parallel()
	url := redistest.Start(t).URL()
	replica := func() *cache.Cache {
		c, err := cache.New(cache.Options{Store: open(t, rediscache.Options{URL: url}), L1Bytes: -1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close(context.Background()) })
		return c
	}
	one, other := replica(), replica()
	for _, threshold := range []float64{0.9, 0.8} {
		v, err := one.SetThreshold(t.Context(), cache.Change{Tenant: "acme", Namespace: "support", Threshold: threshold, Source: cache.SourceSet, By: "key"})
		if err != nil {
			t.Fatal(err)
		}
		within(t, 2*time.Second+patience, "the other replica serves by it", func() bool {
			s := other.Serving("acme", "support")
			return s.Current != nil && s.Current.Number == v.Number && s.Threshold == threshold
		})
	}
}
