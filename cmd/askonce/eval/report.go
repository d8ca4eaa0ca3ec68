// What a measurement is summed up as, as JSON and as a table.

package eval

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy/guard"
)

// PairReport is what was measured on pairs. A variant is null where it could
// not be measured: the verified ones without a verifier, all without labels.
type PairReport struct {
	File       string `json:"file"`
	Pairs      int    `json:"pairs"`
	Right      int    `json:"right"`
	Wrong      int    `json:"wrong"`
	Unlabelled int    `json:"unlabelled"`
	TooLong    int    `json:"too_long"` // for the embedder; counted as refused
	Embedder   string `json:"embedder"`
	Verifier   string `json:"verifier"`

	Cosine         *PairMeasure `json:"cosine"`
	CosineGuards   *PairMeasure `json:"cosine_guards"`
	Verified       *PairMeasure `json:"verified"`
	VerifiedGuards *PairMeasure `json:"verified_guards"`

	// Guards tells for each guard how many labelled pairs it refuses, whatever
	// their score.
	Guards map[string]Refusals `json:"guards"`

	Seconds float64 `json:"seconds"`

	rankings [len(Variants)]*ranking
}

// PairMeasure is one variant's.
type PairMeasure struct {
	Pairs             int         `json:"pairs"`
	AUC               *float64    `json:"auc"`
	RecallAtPrecision Recalls     `json:"recall_at_precision"`
	AtThreshold       AtThreshold `json:"at_threshold"`
}

// Recalls are the largest shares of right pairs served by any threshold with
// at least that precision, in percent.
type Recalls struct {
	P90 *float64 `json:"90"`
	P95 *float64 `json:"95"`
	P97 *float64 `json:"97"`
	P99 *float64 `json:"99"`
}

// AtThreshold is what the variant's own threshold does.
type AtThreshold struct {
	Threshold         float64  `json:"threshold"`
	Precision         *float64 `json:"precision"`           // of what is served; null if nothing is
	Recall            *float64 `json:"recall"`              // of the right pairs
	FalsePositiveRate *float64 `json:"false_positive_rate"` // of the wrong pairs
}

// Refusals are the labelled pairs that a guard refuses.
type Refusals struct {
	Right int `json:"right"`
	Wrong int `json:"wrong"`
}

func reportPairs(scores []Score, opts Options) *PairReport {
	r := &PairReport{Pairs: len(scores), Guards: make(map[string]Refusals)}
	for i := range scores {
		r.count(&scores[i])
	}
	measures := [...]**PairMeasure{&r.Cosine, &r.CosineGuards, &r.Verified, &r.VerifiedGuards}
	if r.Right+r.Wrong == 0 {
		return r
	}
	for i, rules := range opts.variants() {
		r.rankings[i] = rankUnder(rules, scores)
		*measures[i] = measurePairs(*r.rankings[i], rules.Threshold)
	}
	return r
}

func (r *PairReport) count(s *Score) {
	if s.Cosine == nil {
		r.TooLong++
	}
	switch s.label {
	case Unlabelled:
		r.Unlabelled++
		return
	case Right:
		r.Right++
	case Wrong:
		r.Wrong++
	}
	for _, name := range s.Guards {
		n := r.Guards[name]
		if s.label == Right {
			n.Right++
		} else {
			n.Wrong++
		}
		r.Guards[name] = n
	}
}

func rankUnder(rules cache.Rules, scores []Score) *ranking {
	var pairs []scored
	for i := range scores {
		if s := &scores[i]; s.label != Unlabelled {
			value := never
			if s.Cosine != nil {
				value = score(rules, s.assessment)
			}
			pairs = append(pairs, scored{value, s.label == Right})
		}
	}
	ranked := rank(pairs)
	return &ranked
}

func measurePairs(r ranking, threshold float64) *PairMeasure {
	served := r.at(threshold)
	return &PairMeasure{
		Pairs: r.right + r.wrong, AUC: r.auc(),
		RecallAtPrecision: Recalls{r.recallAt(.90), r.recallAt(.95), r.recallAt(.97), r.recallAt(.99)},
		AtThreshold: AtThreshold{
			Threshold: threshold, Precision: share(served.right, served.right+served.wrong),
			Recall: share(served.right, r.right), FalsePositiveRate: share(served.wrong, r.wrong),
		},
	}
}

// Write writes the report for people; colours tell its lines apart in a terminal.
func (r *PairReport) Write(out io.Writer, colours bool) {
	fmt.Fprintf(out, "%s: %d pairs, %d right, %d wrong", r.File, r.Pairs, r.Right, r.Wrong)
	if r.Unlabelled > 0 {
		fmt.Fprintf(out, ", %d without a label", r.Unlabelled)
	}
	if r.TooLong > 0 {
		fmt.Fprintf(out, ", %d too long to embed", r.TooLong)
	}
	fmt.Fprintf(out, "\nembedder %s, verifier %s\n", r.Embedder, r.Verifier)
	if r.Right+r.Wrong == 0 {
		return
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\n\tauc\trecall at precision .90\t.95\t.97\t.99\tat threshold\tprecision\trecall\tfalse positives\t\n")
	for i, m := range []*PairMeasure{r.Cosine, r.CosineGuards, r.Verified, r.VerifiedGuards} {
		if m == nil {
			continue
		}
		p, at := m.RecallAtPrecision, m.AtThreshold
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%.4g\t%s\t%s\t%s\t\n", Variants[i], digits(m.AUC), digits(p.P90), digits(p.P95), digits(p.P97), digits(p.P99),
			at.Threshold, digits(at.Precision), digits(at.Recall), digits(at.FalsePositiveRate))
	}
	w.Flush()
	r.writeCurve(out, colours)
	r.writeGuards(out)
}

func (r *PairReport) writeGuards(out io.Writer) {
	if len(r.Guards) == 0 {
		return
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\nguard\trefuses of the right\tof the wrong\t\n")
	for _, name := range guard.All.Names() {
		if n, ok := r.Guards[name]; ok {
			fmt.Fprintf(w, "%s\t%s\t%s\t\n", name, percent(n.Right, r.Right), percent(n.Wrong, r.Wrong))
		}
	}
	w.Flush()
}

func percent(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f %%", 100*float64(n)/float64(of))
}

// digits writes a share with three digits; a dash for none.
func digits(v *float64) string {
	if v == nil || math.IsNaN(*v) {
		return "-"
	}
	return fmt.Sprintf("%.3f", *v)
}
