// From a sample to a certified threshold.

package tune

import (
	"math"
	"math/rand/v2"
	"sort"
)

const (
	// choosingShare is the part of the sample that chooses what is tested.
	// What it takes is missing for the test, and it has less to decide.
	choosingShare = 0.3

	// steps is how many thresholds are tested at most.
	steps = 100
)

// verdict is what a calibration found.
type verdict struct {
	ok        bool
	threshold float64
	heldOut   ladder // what tested it
}

// certify finds the loosest threshold that keeps the promise. Options have
// their defaults.
func certify(samples []Sample, o Options) verdict {
	if o.RequestError > 0 {
		return certifyError(samples, o)
	}
	choosing, heldOut := split(samples, o)
	v := verdict{heldOut: newLadder(heldOut)}
	for _, threshold := range sequence(newLadder(choosing), v.heldOut.total.all(), o.measure()) {
		if o.measure().precisionBound(v.heldOut.at(threshold)) < o.Precision {
			break
		}
		v.ok, v.threshold = true, threshold
	}
	return v
}

// certifyError is certify for a target of wrong answers per request.
func certifyError(samples []Sample, o Options) verdict {
	v := verdict{heldOut: newLadder(samples)}
	blocks := positive(v.heldOut.blocks)
	kept := sort.Search(len(blocks), func(i int) bool {
		return o.measure().requestErrorBound(blocks[i].counts) >= o.RequestError
	})
	if kept > 0 {
		v.ok, v.threshold = true, readable(blocks[kept-1].threshold, next(blocks, kept-1))
	}
	return v
}

// sequence are the thresholds to test on n other samples, in order: from where
// the bound is to be expected highest, to looser ones. It looks at the choosing
// part alone, so the tests stay valid.
func sequence(choosing ladder, n float64, m measure) []float64 {
	blocks := positive(choosing.thinned(steps))
	best, start := math.Inf(-1), 0
	for i, b := range blocks {
		if bound := m.precisionBound(b.times(n / choosing.total.all())); bound > best {
			best, start = bound, i
		}
	}
	thresholds := make([]float64, 0, len(blocks))
	for i := start; i < len(blocks); i++ {
		thresholds = append(thresholds, readable(blocks[i].threshold, next(blocks, i)))
	}
	return thresholds
}

// split divides a sample at random. Pairs are divided by label, since how many
// of each there are says nothing.
func split(samples []Sample, o Options) (choosing, heldOut []Sample) {
	random := rand.New(rand.NewPCG(o.Seed, 0x61736b6f6e6365))
	for _, group := range groups(samples, o.PositiveRate > 0) {
		random.Shuffle(len(group), func(i, j int) { group[i], group[j] = group[j], group[i] })
		n := int(math.Round(choosingShare * float64(len(group))))
		choosing, heldOut = append(choosing, group[:n]...), append(heldOut, group[n:]...)
	}
	return choosing, heldOut
}

// groups are the samples in an order of their own, which are split one by one.
func groups(samples []Sample, byLabel bool) [][]Sample {
	list := sorted(samples)
	if !byLabel {
		return [][]Sample{list}
	}
	var right, wrong []Sample
	for _, s := range list {
		if s.Right {
			right = append(right, s)
		} else {
			wrong = append(wrong, s)
		}
	}
	return [][]Sample{right, wrong}
}
