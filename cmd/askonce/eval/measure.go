// What scores and labels are worth: pure arithmetic.

package eval

import (
	"cmp"
	"math"
	"slices"
)

// scored is a labelled pair with the score that a threshold acts on.
type scored struct {
	score float64 // refused at every threshold if it is never
	right bool
}

// never is the score of what no threshold serves.
var never = math.Inf(-1)

// step is what is served from one score upwards.
type step struct {
	score        float64
	right, wrong int
}

// ranking are labelled pairs in the order in which a falling threshold serves
// them; pairs with one score are one step.
type ranking struct {
	steps        []step // never is the last one, if there is such a pair
	right, wrong int    // all
}

func rank(pairs []scored) ranking {
	sorted := slices.SortedFunc(slices.Values(pairs), func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	var r ranking
	for i, p := range sorted {
		if p.right {
			r.right++
		} else {
			r.wrong++
		}
		if i+1 == len(sorted) || sorted[i+1].score != p.score {
			r.steps = append(r.steps, step{p.score, r.right, r.wrong})
		}
	}
	return r
}

// auc is the probability that a right pair scores above a wrong one, ties
// counting half; nil where one kind is missing.
func (r ranking) auc() *float64 {
	if r.right == 0 || r.wrong == 0 {
		return nil
	}
	var area float64
	var before step
	for _, s := range r.steps {
		area += float64(s.wrong-before.wrong) * (float64(s.right) + float64(before.right)) / 2
		before = s
	}
	area /= float64(r.right) * float64(r.wrong)
	return &area
}

// recallAt is the largest share of right pairs that a threshold serves with at
// least this precision; nil without right pairs.
func (r ranking) recallAt(precision float64) *float64 {
	if r.right == 0 {
		return nil
	}
	best := 0.0
	for _, s := range r.steps {
		if s.score != never && float64(s.right) >= precision*float64(s.right+s.wrong) {
			best = max(best, float64(s.right)/float64(r.right))
		}
	}
	return &best
}

// at is what a threshold serves.
func (r ranking) at(threshold float64) step {
	served := step{score: threshold}
	for _, s := range r.steps {
		if s.score >= threshold {
			served.right, served.wrong = s.right, s.wrong
		}
	}
	return served
}

// share is n of all; nil where there is nothing.
func share(n, all int) *float64 {
	if all == 0 {
		return nil
	}
	s := float64(n) / float64(all)
	return &s
}
