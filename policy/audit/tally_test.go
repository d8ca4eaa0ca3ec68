package audit

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/askonce/askonce/policy/tune"
)

const (
	level   = 0.05
	promise = 0.97
)

// alarmed plays audits whose n-th is wrong with the probability wrong(n), and
// returns at which one the alarm was raised; 0 for never.
func alarmed(random *rand.Rand, audits int, wrong func(n int) float64) int {
	var t Tally
	for n := 1; n <= audits; n++ {
		if random.Float64() >= wrong(n) {
			t.Add(Right) // never raises the evidence
			continue
		}
		t.Add(Wrong)
		if evidence, _ := t.Evidence(promise); evidence >= 1/level {
			return n
		}
	}
	return 0
}

func always(p float64) func(int) float64 { return func(int) float64 { return p } }

// The promise is just kept, which is where false alarms are likeliest; looked
// at after every audit, they are as rare as said.
func TestFalseAlarmsAreRare(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	const runs, audits = 1000, 4000
	raised := 0
	for range runs {
		if alarmed(random, audits, always(1-promise)) > 0 {
			raised++
		}
	}
	if low := tune.LowerBound(float64(raised), runs, 0.01); low > level {
		t.Errorf("%d false alarms in %d runs: at least %.3f with 99 %% confidence", raised, runs, low)
	}
	if raised == 0 {
		t.Error("no alarm at all: the test is not worth much")
	}
}

func TestBrokenPromisesAreNoticed(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for _, c := range []struct {
		name   string
		wrong  func(int) float64
		within int
	}{
		{"half as good as said", always(0.06), 1000},
		{"one of ten is wrong", always(0.1), 250},
		{"one of three is wrong", always(1.0 / 3), 40},
		{"good for long, then one of five is wrong", func(n int) float64 {
			if n <= 3000 {
				return 0.015
			}
			return 0.2
		}, 3200},
	} {
		const runs = 200
		noticed := 0
		for range runs {
			if alarmed(random, c.within, c.wrong) > 0 {
				noticed++
			}
		}
		if noticed < runs*8/10 {
			t.Errorf("%s: noticed in %d of %d runs within %d audits", c.name, noticed, runs, c.within)
		}
	}
}

// What a gambler can expect after one more audit, if the promise is just kept,
// is what he has: all that the bound on false alarms rests on.
func TestBetsAreFair(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	var tally Tally
	for range 700 {
		v := Right
		if random.Float64() < 0.05 {
			v = Wrong
		}
		now, _ := tally.Evidence(promise)
		expected := 0.0
		for next, share := range map[Verdict]float64{Right: promise, Wrong: 1 - promise} {
			if evidence, _ := with(tally, next).Evidence(promise); true {
				expected += share * evidence
			}
		}
		if math.Abs(expected-now) > 1e-9*now {
			t.Fatalf("after %+v: %v is expected to become %v", tally.Blocks, now, expected)
		}
		tally.Add(v)
	}
}

// with is a tally and one more audit; the tally stays as it is.
func with(t Tally, v Verdict) *Tally {
	t.Blocks = append([]Block(nil), t.Blocks...)
	t.Add(v)
	return &t
}

func TestUndecidedAuditsAreNoEvidence(t *testing.T) {
	var tally Tally
	for range 500 {
		tally.Add(Undecided)
	}
	right, wrong := tally.Counts()
	if evidence, _ := tally.Evidence(promise); evidence != 1 || right+wrong != 0 || tally.Undecided != 500 {
		t.Errorf("evidence %v of %+v", evidence, tally)
	}
}

func TestTheRichestTellsSinceWhen(t *testing.T) {
	var tally Tally
	for range 1000 {
		tally.Add(Right)
	}
	for range 30 {
		tally.Add(Wrong)
	}
	if evidence, latest := tally.Evidence(promise); evidence < 1/level || latest != 30 {
		t.Errorf("evidence %v in the latest %d", evidence, latest)
	}
}

func TestATallyStaysSmall(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	var tally Tally
	const audits = 200_000
	for range audits {
		v := Right
		if random.Float64() < 0.01 {
			v = Wrong
		}
		tally.Add(v)
	}
	right, wrong := tally.Counts()
	text, err := json.Marshal(tally)
	if err != nil || len(text) > 10_000 || right+wrong != audits {
		t.Errorf("%d bytes for %d audits, %v", len(text), right+wrong, err)
	}
	for range 100 {
		tally.Add(Wrong)
	}
	if evidence, latest := tally.Evidence(promise); evidence < 1/level || latest != 100 {
		t.Errorf("evidence %v in the latest %d", evidence, latest)
	}
}
