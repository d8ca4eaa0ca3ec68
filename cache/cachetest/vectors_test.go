package cachetest

import (
	"math"
	"slices"
	"testing"
)

func TestNearHasTheSimilarity(t *testing.T) {
	for _, dimensions := range []int{2, 3, 384} {
		v := NewVectors(dimensions, 1)
		for _, want := range []float64{1, 0.95, 0.5, 0, -0.7, -1} {
			u := v.Next()
			near := v.Near(u, want)
			if got := Cosine(u, near); math.Abs(got-want) > 1e-6 {
				t.Errorf("%d dimensions: cosine %.8f, want %.8f", dimensions, got, want)
			}
			if norm := Cosine(near, near); math.Abs(norm-1) > 1e-6 {
				t.Errorf("%d dimensions: length %.8f, want 1", dimensions, norm)
			}
		}
	}
}

func TestVectorsAreTheSameInEveryRun(t *testing.T) {
	a, b := NewVectors(5, 7).Clusters(9, 4), NewVectors(5, 7).Clusters(9, 4)
	if len(a) != 9 || !slices.EqualFunc(a, b, slices.Equal) {
		t.Error("the same seed gives other vectors")
	}
}
