// Calibrate: the whole answer to an operator.

package tune

import (
	"fmt"
	"math"
)

// Methods of certificates.
const (
	MethodLookups = "clopper-pearson, fixed sequence"
	MethodPairs   = "clopper-pearson on both classes, fixed sequence"
	MethodError   = "clopper-pearson, monotone risk"
)

// Certificate is the promise of a threshold, and what it rests on.
type Certificate struct {
	Method       string  `json:"method"`
	Precision    float64 `json:"precision,omitzero"`     // promised: at least
	RequestError float64 `json:"request_error,omitzero"` // or: at most
	Confidence   float64 `json:"confidence"`
	PositiveRate float64 `json:"positive_rate,omitzero"`

	// N hits, Wrong of them, were counted at the threshold among the HeldOut
	// samples that did not choose it, out of Samples; Bound is their bound. An
	// error per request is certified on all samples.
	N       int     `json:"n"`
	Wrong   int     `json:"wrong"`
	Bound   float64 `json:"bound"`
	HeldOut int     `json:"held_out"`
	Samples int     `json:"samples"`

	// Labels says of which gathered labels the sample was: audit, feedback or
	// all. Of audits, a random sample of the hits, the promise is what it says.
	Labels string `json:"labels,omitzero"`

	Seed        uint64 `json:"seed"`
	Fingerprint string `json:"fingerprint"` // of the sample
}

// Shortfall is why no threshold could be certified.
type Shortfall struct {
	// Labels is about how many more are needed among lookups that score Above
	// or higher, if they turn out as those at hand; for pairs, how many more
	// pairs. 0: more labels alone will not do.
	Labels int     `json:"labels"`
	Above  float64 `json:"above"`

	// Precision and RequestError are what was seen there.
	Precision    float64 `json:"precision"`
	RequestError float64 `json:"request_error"`
	Message      string  `json:"message"`
}

// Savings is what a threshold is expected to bring.
type Savings struct {
	CallsPer1000 float64 `json:"calls_per_1000"` // answered from the cache by meaning
	WrongPer1000 float64 `json:"wrong_per_1000"` // of them, wrong

	// NowPer1000 is CallsPer1000 of the threshold that serves at present.
	NowPer1000 *float64 `json:"now_per_1000,omitempty"`
}

// Result is what a calibration found.
type Result struct {
	Certified   bool         `json:"certified"`
	Threshold   float64      `json:"threshold,omitzero"` // only if Certified
	Certificate *Certificate `json:"certificate,omitempty"`
	Savings     *Savings     `json:"savings,omitempty"`
	Shortfall   *Shortfall   `json:"shortfall,omitempty"`
	Curve       []Point      `json:"curve"`
}

// curvePoints is how fine the curve is.
const curvePoints = 60

// Calibrate finds the loosest threshold that keeps the promise, or says what
// is missing. The error is an *InputError.
func Calibrate(samples []Sample, o Options) (Result, error) {
	if err := o.Check(); err != nil {
		return Result{}, err
	}
	o.setDefaults()
	if err := checkSamples(samples); err != nil {
		return Result{}, err
	}
	if err := checkEnough(samples, o); err != nil {
		return Result{}, err
	}
	whole, m := newLadder(samples), o.measure()
	v := certify(samples, o)
	r := Result{Certified: v.ok, Curve: curve(whole, m, curvePoints)}
	if !v.ok {
		r.Shortfall = shortfall(whole, o)
		return r, nil
	}
	r.Threshold = v.threshold
	r.Certificate = v.certificate(len(samples), o)
	r.Certificate.Fingerprint = Fingerprint(samples)
	at := whole.at(v.threshold)
	r.Savings = &Savings{CallsPer1000: 1000 * m.hitRate(at), WrongPer1000: 1000 * m.requestError(at)}
	if o.Now != nil {
		now := 1000 * m.hitRate(whole.at(*o.Now))
		r.Savings.NowPer1000 = &now
	}
	return r, nil
}

func (v verdict) certificate(samples int, o Options) *Certificate {
	at, m := v.heldOut.at(v.threshold), o.measure()
	c := &Certificate{
		Method: MethodLookups, Precision: o.Precision, RequestError: o.RequestError, Confidence: o.Confidence,
		PositiveRate: o.PositiveRate, N: int(at.hits()), Wrong: int(at.wrong), Bound: m.precisionBound(at),
		HeldOut: int(v.heldOut.total.all()), Samples: samples, Seed: o.Seed,
	}
	switch {
	case o.RequestError > 0:
		c.Method, c.Bound = MethodError, m.requestErrorBound(at)
	case o.PositiveRate > 0:
		c.Method = MethodPairs
	}
	return c
}

// checkSamples refuses a sample from which nothing can follow.
func checkSamples(samples []Sample) error {
	if len(samples) == 0 {
		return refuse("no_labels", "", "there are no labels: give labelled lookups or pairs, or gather some by feedback")
	}
	for i, s := range samples {
		if !s.Never && (math.IsNaN(s.Score) || math.IsInf(s.Score, 0)) {
			return refuse("invalid", "", "the score of sample %d is not a number", i+1)
		}
	}
	total := newLadder(samples).total
	if total.allRight == 0 || total.allWrong == 0 {
		return refuse("one_class", "", "all %d labels say the same (right: %v): labels of both kinds are needed to see where they part",
			len(samples), total.allWrong == 0)
	}
	return nil
}

// checkEnough refuses a sample that could not suffice if every answer above
// the threshold were right.
func checkEnough(samples []Sample, o Options) error {
	total := newLadder(samples).total
	flawless := total
	flawless.right = total.allRight
	if o.PositiveRate == 0 {
		flawless.right = total.all() // what is found to be wrong below the threshold does not count
	}
	part := 1 - choosingShare
	if o.RequestError > 0 {
		part = 1
	}
	if o.keeps(flawless.times(part)) {
		return nil
	}
	n := math.Ceil(total.all() * o.growth(flawless.times(part)))
	return refuse("too_few", "", "there are %d labels, and with fewer than %.0f of this kind no threshold can be certified at %s with confidence %v, "+
		"even if every answer is right", len(samples), n, o.target(), o.Confidence)
}

// keeps reports whether counts certify the target.
func (o *Options) keeps(c counts) bool {
	if o.RequestError > 0 {
		return o.measure().requestErrorBound(c) < o.RequestError
	}
	return o.measure().precisionBound(c) >= o.Precision
}

func (o *Options) target() string {
	if o.RequestError > 0 {
		return fmt.Sprintf("a request error of %v", o.RequestError)
	}
	return fmt.Sprintf("a precision of %v", o.Precision)
}
