package eval

import (
	"math"
	"testing"
)

func TestRanking(t *testing.T) {
	r := rank([]scored{{.9, true}, {.8, true}, {.8, false}, {.7, true}, {.6, false}, {never, true}})
	// Of the 4 x 2 pairs of a right and a wrong score: .9 above both, .8 above
	// one and level with the other, .7 above one, never above none.
	if got := *r.auc(); math.Abs(got-(2+1.5+1)/8) > 1e-12 {
		t.Errorf("auc %v", got)
	}
	for precision, want := range map[float64]float64{1: .25, .75: .75, .6: .75, 0: .75} {
		if got := *r.recallAt(precision); got != want {
			t.Errorf("recall at precision %v: %v, want %v", precision, got, want)
		}
	}
	if got := r.at(.8); got.right != 2 || got.wrong != 1 {
		t.Errorf("at .8: %+v", got)
	}
	if got := r.at(.95); got.right != 0 || got.wrong != 0 {
		t.Errorf("at .95: %+v", got)
	}
	if got := r.precisionOver(4); len(got) != 3 || got[0] != 1 || got[2] != .75 {
		t.Errorf("precision over recall: %v", got)
	}
}

func TestRankingOfOneKind(t *testing.T) {
	r := rank([]scored{{.9, false}})
	if r.auc() != nil || r.recallAt(.9) != nil {
		t.Error("a share of nothing was given as a number")
	}
}
