// How far a sample is from a certificate.

package tune

import (
	"fmt"
	"math"
)

// mostGrowth is how much larger a sample may have to be for more labels to be
// an answer.
const mostGrowth = 1000

// growth is the factor by which counts have to grow, all alike, to certify the
// target; +Inf if they never do.
func (o *Options) growth(c counts) float64 {
	high := 1.0
	for !o.keeps(c.times(high)) {
		if high *= 2; high > mostGrowth {
			return math.Inf(1)
		}
	}
	low := high / 2
	for range 20 {
		if mid := (low + high) / 2; o.keeps(c.times(mid)) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// shortfall says what is missing, for the threshold at which least is.
func shortfall(whole ladder, o Options) *Shortfall {
	part := 1 - choosingShare // of what will be labelled, this is held out
	if o.RequestError > 0 {
		part = 1
	}
	if len(whole.blocks) == 0 {
		return &Shortfall{Message: "not certifiable: no lookup of the sample has a candidate that may be served"}
	}
	best, labels := whole.blocks[0], math.Inf(1)
	for _, b := range whole.thinned(curvePoints) {
		growth := o.growth(b.cautious().times(part))
		if more := (growth - 1) * o.relevant(b.counts); more < labels {
			best, labels = b, more
		}
	}
	m := o.measure()
	s := &Shortfall{Above: best.threshold, Precision: m.precision(best.counts), RequestError: m.requestError(best.counts)}
	if math.IsInf(labels, 1) {
		s.Message = fmt.Sprintf("not certifiable: no threshold comes near %s on this sample; more labels alone will not change that", o.target())
		return s
	}
	s.Labels = max(1, int(math.Ceil(labels)))
	among := fmt.Sprintf("labels needed among lookups above %.4f", best.threshold)
	if o.PositiveRate > 0 {
		among = "pairs needed"
	} else if o.RequestError > 0 {
		among = "labelled lookups needed"
	}
	s.Message = fmt.Sprintf("not certifiable: about %d more %s", s.Labels, among)
	return s
}

// cautious are the counts to expect of more of the same: that none of a few was
// wrong does not mean that none will be (Jeffreys' estimate of a share).
func (c counts) cautious() counts {
	c.right, c.wrong = c.right+0.5, c.wrong+0.5
	c.allRight, c.allWrong = c.allRight+0.5, c.allWrong+0.5
	return c
}

// relevant is how many of the labels have to grow in number.
func (o *Options) relevant(c counts) float64 {
	if o.PositiveRate > 0 || o.RequestError > 0 {
		return c.all()
	}
	return c.hits()
}
