// What `askonce tune` prints.

package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/guptarohit/asciigraph"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy/tune"
)

// tuneReport is a calibration and what it was made of.
type tuneReport struct {
	tune.Result
	File   string      `json:"file"`
	Labels int         `json:"labels"`
	Judge  cache.Judge `json:"judge"`
	At     time.Time   `json:"at"`
}

// tableRows is how many points of the curve the table shows.
const tableRows = 15

func (r *tuneReport) write(out io.Writer) {
	fmt.Fprintf(out, "%s: %d labels, %s by %s", r.File, r.Labels, r.Judge.Score, r.Judge.Embedder)
	if r.Judge.Verifier != "" {
		fmt.Fprintf(out, " and %s", r.Judge.Verifier)
	}
	fmt.Fprintf(out, ", guards %s\n\n", r.Judge.Guards)
	r.writeTable(out)
	r.writeCurve(out)
	fmt.Fprintln(out)
	if !r.Certified {
		fmt.Fprintln(out, r.Shortfall.Message)
		return
	}
	c := r.Certificate
	promise := fmt.Sprintf("at least %g of the hits are right", c.Precision)
	if c.RequestError > 0 {
		promise = fmt.Sprintf("at most %g of the requests get a wrong answer", c.RequestError)
	}
	fmt.Fprintf(out, "threshold %g: %s, with confidence %g\n", r.Threshold, promise, c.Confidence)
	fmt.Fprintf(out, "  %d wrong in %d hits among %d held-out labels, bound %.4f (%s, seed %d)\n  labels %s\n",
		c.Wrong, c.N, c.HeldOut, c.Bound, c.Method, c.Seed, c.Fingerprint)
	fmt.Fprintf(out, "expected: %.0f of 1000 lookups answered by meaning, %.1f of them wrong\n", r.Savings.CallsPer1000, r.Savings.WrongPer1000)
}

// writeTable shows the curve. Its lower bounds are each for itself.
func (r *tuneReport) writeTable(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "threshold\thits\twrong\tprecision\tlower bound\thit rate\terror/request\t")
	step := max(1, (len(r.Curve)+tableRows-1)/tableRows)
	for i := step - 1; i < len(r.Curve); i += step {
		p := r.Curve[i]
		fmt.Fprintf(w, "%.4f\t%d\t%d\t%.4f\t%.4f\t%.4f\t%.4f\t\n", p.Threshold, p.Hits, p.Wrong, p.Precision, p.LowerBound, p.HitRate, p.RequestError)
	}
	w.Flush()
}

// writeCurve plots the precision over the thresholds of the table, strictest
// first.
func (r *tuneReport) writeCurve(out io.Writer) {
	if len(r.Curve) < 2 {
		return
	}
	precision := make([]float64, len(r.Curve))
	for i, p := range r.Curve {
		precision[i] = p.Precision
	}
	fmt.Fprintf(out, "\n%s\n", asciigraph.Plot(precision, asciigraph.Height(8), asciigraph.Precision(2), asciigraph.UpperBound(1),
		asciigraph.Caption("precision (up), from strict to loose")))
}
