package route_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/askonce/askonce/upstream/route"
)

// Over any number of turns nobody is further than one turn for each other
// choice from its share.
func TestSharesAreKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Float64Range(0, 100), 1, 6).Draw(t, "weights")
		turns := rapid.IntRange(1, 400).Draw(t, "turns")
		sum := 0.0
		for _, w := range weights {
			sum += w
		}
		got := make([]float64, len(weights))
		b := route.NewBalancer(len(weights))
		for range turns {
			order := b.Order(weights)
			seen := make([]bool, len(weights))
			for _, i := range order {
				seen[i] = true
			}
			for i, s := range seen {
				if !s {
					t.Fatalf("choice %d is not in %v", i, order)
				}
			}
			got[order[0]]++
		}
		for i, w := range weights {
			if sum == 0 {
				continue
			}
			if want := float64(turns) * w / sum; math.Abs(got[i]-want) > float64(len(weights)) {
				t.Fatalf("choice %d of %v had %v of %d turns, want %v", i, weights, got[i], turns, want)
			}
		}
	})
}

func TestSixtyToForty(t *testing.T) {
	b := route.NewBalancer(2)
	first := 0
	for range 1000 {
		if b.Order([]float64{60, 40})[0] == 0 {
			first++
		}
	}
	if first != 600 {
		t.Errorf("%d of 1000 turns, want 600", first)
	}
}

// One that had no weight for a while does not get all turns at once when it is
// back.
func TestNoCreditWithoutWeight(t *testing.T) {
	b := route.NewBalancer(2)
	for range 100 {
		if b.Order([]float64{1, 0})[0] != 0 {
			t.Fatal("a choice without weight was first")
		}
	}
	second := 0
	for range 10 {
		second += b.Order([]float64{1, 1})[0]
	}
	if second != 5 {
		t.Errorf("the one that is back had %d of 10 turns, want 5", second)
	}
}
