package tune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// population is a set of lookups whose truth is known: right ones score
// higher, wrong ones reach up among them, and some find nothing.
func population(seed uint64, n int, digits float64) []Sample {
	random := rand.New(rand.NewPCG(seed, 1))
	list := make([]Sample, n)
	for i := range list {
		s := &list[i]
		s.Right = random.Float64() < 0.5
		s.Never = random.Float64() < 0.1
		mean := 0.55
		if s.Right {
			mean = 0.8
		}
		s.Score = mean + 0.12*random.NormFloat64()
		s.Score = math.Round(s.Score*digits) / digits
	}
	return list
}

// onTheEdge is a population that invites a false certificate: beyond a good
// beginning its precision falls to just below the target and stays there,
// whatever the threshold.
func onTheEdge(n int, precision float64) []Sample {
	list := make([]Sample, n)
	wrong := 0
	for i := range list {
		list[i] = Sample{Score: 1 - 0.5*float64(i)/float64(n), Right: true}
		if i < n/10 {
			continue
		}
		due := (1 - precision) * 1.005 * float64(i+1)
		if ramp := 0.3 * float64(i-n/10); ramp < due {
			due = ramp
		}
		if float64(wrong) < due {
			list[i].Right = false
			wrong++
		}
	}
	return list
}

func TestPromise(t *testing.T) {
	const runs = 400
	smooth, coarse, edge := population(1, 20_000, 1e9), population(2, 20_000, 50), onTheEdge(20_000, 0.9)
	for name, c := range map[string]struct {
		from []Sample
		o    Options
		size int
	}{
		"lookups":                    {smooth, Options{Precision: 0.97}, 2000},
		"lookups with equal scores":  {coarse, Options{Precision: 0.9}, 1000},
		"a flat edge":                {edge, Options{Precision: 0.9}, 1000},
		"few labels":                 {smooth, Options{Precision: 0.8}, 100},
		"another confidence":         {smooth, Options{Precision: 0.95, Confidence: 0.8}, 1000},
		"an error per request":       {smooth, Options{RequestError: 0.02}, 1000},
		"the same with equal scores": {coarse, Options{RequestError: 0.05}, 500},
		"pairs, most wrong":          {smooth, Options{Precision: 0.8, PositiveRate: 0.1}, 3000},
		"pairs, as many":             {coarse, Options{Precision: 0.97, PositiveRate: 0.5}, 2000},
		"pairs, most right":          {smooth, Options{Precision: 0.97, PositiveRate: 0.9}, 1000},
		"pairs on a flat edge":       {edge, Options{Precision: 0.9, PositiveRate: 0.9}, 2000},
		"pairs, error per request":   {smooth, Options{RequestError: 0.02, PositiveRate: 0.3}, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.o.Seed = 7
			p, err := CheckPromise(context.Background(), c.from, c.o, c.size, runs)
			if err != nil {
				t.Fatal(err)
			}
			if !p.Kept() {
				t.Errorf("the promise is broken: %+v", p)
			}
			if p.Certified == 0 {
				t.Errorf("nothing was ever certified: %+v", p)
			}
			t.Logf("%d of %d certified, %d of them broken, median hit rate %.3f", p.Certified, runs, p.Broken, p.MedianHitRate)
		})
	}
}

// A test that could not fail would be no test: on the whole sample, looking
// for the loosest threshold with a good bound breaks the promise.
func TestPromiseIsBrokenWithoutCare(t *testing.T) {
	from, broken := onTheEdge(20_000, 0.9), 0
	truth, m := newLadder(from), measure{delta: 0.05}
	random := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		sample := make([]Sample, 1000)
		for i := range sample {
			sample[i] = from[random.IntN(len(from))]
		}
		for _, b := range slices.Backward(newLadder(sample).thinned(steps)) {
			if m.precisionBound(b.counts) >= 0.9 {
				if m.precision(truth.at(b.threshold)) < 0.9 {
					broken++
				}
				break
			}
		}
	}
	if LowerBound(float64(broken), 300, 0.01) <= 0.05 {
		t.Errorf("the careless search broke its promise only %d times in 300: this population shows nothing", broken)
	}
}

func TestCalibrate(t *testing.T) {
	now := 0.95
	r, err := Calibrate(population(3, 4000, 1e9), Options{Seed: 1, Now: &now})
	if err != nil {
		t.Fatal(err)
	}
	c := r.Certificate
	if !r.Certified || c.Method != MethodLookups || c.Precision != 0.97 || c.Confidence != 0.95 || c.Samples != 4000 || c.HeldOut != 2800 {
		t.Fatalf("result %+v, certificate %+v", r, c)
	}
	if low := LowerBound(float64(c.N-c.Wrong), float64(c.N), 0.05); c.Bound != low || low < 0.97 {
		t.Errorf("bound %v of %d wrong in %d, want %v and at least the target", c.Bound, c.Wrong, c.N, low)
	}
	if r.Savings == nil || r.Savings.NowPer1000 == nil || !(r.Savings.CallsPer1000 > *r.Savings.NowPer1000) {
		t.Errorf("savings %+v", r.Savings)
	}
	if !slices.IsSortedFunc(r.Curve, func(a, b Point) int { return a.Hits - b.Hits }) {
		t.Error("the curve does not go from strict to loose")
	}
}

func TestTheOrderOfTheSampleDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := population(rapid.Uint64().Draw(t, "seed"), 600, 100)
		o := Options{Precision: 0.85, Seed: 5}
		a, errA := Calibrate(list, o)
		shuffled := rapid.Permutation(list).Draw(t, "order")
		before := slices.Clone(shuffled)
		b, errB := Calibrate(shuffled, o)
		if !reflect.DeepEqual(a, b) || fmt.Sprint(errA) != fmt.Sprint(errB) {
			t.Fatalf("%+v and %+v", a, b)
		}
		if !reflect.DeepEqual(before, shuffled) {
			t.Fatal("the caller's sample was changed")
		}
	})
}

func TestThresholdsAreAboveZero(t *testing.T) {
	var list []Sample
	for i := range 3000 {
		list = append(list, Sample{Score: float64(i%200-100) / 100, Right: i%500 != 0})
	}
	for _, o := range []Options{{Precision: 0.9}, {RequestError: 0.5}} {
		r, err := Calibrate(list, o)
		if err != nil || !r.Certified || r.Threshold <= 0 {
			t.Errorf("threshold %v, %v", r.Threshold, err)
		}
	}
}

func TestNotCertifiable(t *testing.T) {
	few, err := Calibrate(population(4, 400, 1e9), Options{Precision: 0.98})
	if err != nil {
		t.Fatal(err)
	}
	s := few.Shortfall
	if few.Certified || s == nil || s.Labels <= 0 || !strings.Contains(s.Message, "more labels needed among lookups above") {
		t.Fatalf("result %+v, shortfall %+v", few, s)
	}
	var mixed []Sample
	for i := range 2000 {
		mixed = append(mixed, Sample{Score: float64(i/2) / 1000, Right: i%2 == 0})
	}
	never, err := Calibrate(mixed, Options{})
	if err != nil || never.Certified || never.Shortfall.Labels != 0 || !strings.Contains(never.Shortfall.Message, "more labels alone") {
		t.Errorf("result %+v, shortfall %+v, %v", never, never.Shortfall, err)
	}
}

// With as many more labels as it said, a sample of the same kind suffices more
// often than not.
func TestShortfallIsHonest(t *testing.T) {
	enough := 0
	for seed := range uint64(20) {
		few, err := Calibrate(population(seed, 400, 1e9), Options{Precision: 0.97})
		if err != nil {
			t.Fatal(err)
		}
		if few.Certified {
			enough++
			continue
		}
		above := few.Shortfall.Above
		var served int
		for _, s := range population(seed, 400, 1e9) {
			if !s.Never && s.Score >= above {
				served++
			}
		}
		factor := float64(served+few.Shortfall.Labels) / float64(served)
		more, err := Calibrate(population(seed+1000, int(400*factor), 1e9), Options{Precision: 0.97})
		if err != nil {
			t.Fatal(err)
		}
		if more.Certified {
			enough++
		}
	}
	if enough < 10 {
		t.Errorf("the labels that were said to be missing sufficed %d times in 20", enough)
	}
}

func TestBadInput(t *testing.T) {
	right, wrong := Sample{Score: 0.9, Right: true}, Sample{Score: 0.5}
	for code, c := range map[string]struct {
		samples []Sample
		o       Options
	}{
		"no_labels": {},
		"one_class": {samples: slices.Repeat([]Sample{right}, 1000)},
		"too_few":   {samples: slices.Repeat([]Sample{right, wrong}, 20)},
		"invalid":   {samples: []Sample{{Score: math.NaN()}, right}},
	} {
		_, err := Calibrate(c.samples, c.o)
		var bad *InputError
		if !errors.As(err, &bad) || bad.Code != code {
			t.Errorf("%s: error %v", code, err)
		}
	}
	_, err := Calibrate([]Sample{right}, Options{Precision: 1.5, RequestError: 2, Confidence: -1, PositiveRate: math.NaN()})
	var bad *InputError
	if !errors.As(err, &bad) || len(bad.Problems) != 5 {
		t.Errorf("not every problem is named: %v", err)
	}
}

func TestLadder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := population(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 300).Draw(t, "n"), 20)
		threshold := rapid.Float64Range(0, 1.2).Draw(t, "threshold")
		var want counts
		for _, s := range list {
			served := !s.Never && s.Score >= threshold
			switch {
			case s.Right:
				want.allRight++
				if served {
					want.right++
				}
			default:
				want.allWrong++
				if served {
					want.wrong++
				}
			}
		}
		if got := newLadder(list).at(threshold); got != want {
			t.Fatalf("at %v: %+v, want %+v", threshold, got, want)
		}
		above := threshold - rapid.Float64Range(1e-9, 1).Draw(t, "gap")
		if r := readable(threshold, above); r > threshold || r <= above {
			t.Fatalf("between %v and %v, %v is readable", above, threshold, r)
		}
	})
}
