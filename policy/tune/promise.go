// Does a promise hold? Fresh calibrations whose truth is known.

package tune

import (
	"context"
	"math/rand/v2"
	"slices"
)

// Promise is how often calibrations kept what they promised.
type Promise struct {
	Runs      int `json:"runs"`
	Size      int `json:"size"` // of each calibration's sample
	Certified int `json:"certified"`
	Broken    int `json:"broken"` // certified, and not true

	Share      float64 `json:"share"`       // Broken of Runs
	LowerBound float64 `json:"lower_bound"` // of that share, with 99 % confidence
	Allowed    float64 `json:"allowed"`     // 1 - confidence

	// MedianHitRate is that of the certified thresholds, in truth; 0 without.
	MedianHitRate float64 `json:"median_hit_rate"`
}

// Kept reports whether the runs are no evidence against the promise.
func (p Promise) Kept() bool { return p.LowerBound <= p.Allowed }

// CheckPromise draws runs samples of size from a population, with replacement,
// so that they are independent and the population is the truth, and calibrates
// on each. The seed of o is that of the draws, and of the splits. It ends early
// with ctx's error; other errors are *InputErrors about the population.
func CheckPromise(ctx context.Context, population []Sample, o Options, size, runs int) (Promise, error) {
	if err := o.Check(); err != nil {
		return Promise{}, err
	}
	o.setDefaults()
	if size < 1 || runs < 1 {
		return Promise{}, refuse("invalid", "size", "a check needs at least one run on at least one label")
	}
	if err := checkSamples(population); err != nil {
		return Promise{}, err
	}
	truth := newLadder(population)
	random := rand.New(rand.NewPCG(o.Seed, 0x70726f6d697365))
	p := Promise{Runs: runs, Size: size, Allowed: 1 - o.Confidence}
	var hitRates []float64
	sample := make([]Sample, size)
	for range runs {
		if err := ctx.Err(); err != nil {
			return Promise{}, err
		}
		for i := range sample {
			sample[i] = population[random.IntN(len(population))]
		}
		o.Seed = random.Uint64()
		v := certify(sample, o)
		if !v.ok {
			continue
		}
		p.Certified++
		at := truth.at(v.threshold)
		hitRates = append(hitRates, o.measure().hitRate(at))
		if !o.holds(at) {
			p.Broken++
		}
	}
	p.Share = share(float64(p.Broken), float64(runs))
	p.LowerBound = LowerBound(float64(p.Broken), float64(runs), 0.01)
	if len(hitRates) > 0 {
		slices.Sort(hitRates)
		p.MedianHitRate = hitRates[len(hitRates)/2]
	}
	return p, nil
}

// holds reports whether the target holds where counts are the truth.
func (o *Options) holds(c counts) bool {
	if o.RequestError > 0 {
		return o.measure().requestError(c) <= o.RequestError
	}
	return o.measure().precision(c) >= o.Precision
}
