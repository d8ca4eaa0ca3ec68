package qdrantcache_test

import (
	"math"
	"testing"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
)

func TestVectorsAreReadBack(t *testing.T) {
	x := open(t, options(t))
	upsert(t, x, point(1, 1, 0, 0), point(2, 0, .6, .8))
	got, err := x.Vectors(t.Context(), []cache.Key{cachetest.Key(2), cachetest.Key(3), cachetest.Key(1)})
	if err != nil || len(got) != 3 {
		t.Fatalf("%v, %v", got, err)
	}
	if got[1] != nil {
		t.Errorf("a vector for a key that is not there: %v", got[1])
	}
	for i, want := range map[int][]float32{0: {0, .6, .8}, 2: {1, 0, 0}} {
		for j := range want {
			if len(got[i]) != 3 || math.Abs(float64(got[i][j]-want[j])) > 1e-6 {
				t.Errorf("vector %d: %v, want %v", i, got[i], want)
				break
			}
		}
	}
}
