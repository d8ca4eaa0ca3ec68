// Measuring on labelled lookups: questions stored, and questions asked.

package eval

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"text/tabwriter"

	"github.com/askonce/askonce/cache"
)

// LookupReport is what was measured on lookups. The verified variants are null
// without a verifier.
type LookupReport struct {
	Stored   int    `json:"stored"`
	Lookups  int    `json:"lookups"`
	MustMiss int    `json:"must_miss"` // lookups whose group is not stored, or that have none
	Embedder string `json:"embedder"`
	Verifier string `json:"verifier"`

	Cosine         *LookupMeasure `json:"cosine"`
	CosineGuards   *LookupMeasure `json:"cosine_guards"`
	Verified       *LookupMeasure `json:"verified"`
	VerifiedGuards *LookupMeasure `json:"verified_guards"`

	Seconds float64 `json:"seconds"`
}

// LookupMeasure is one variant's, at its own threshold.
type LookupMeasure struct {
	Threshold       float64  `json:"threshold"`
	Hits            int      `json:"hits"`
	Wrong           int      `json:"wrong"`
	HitRate         *float64 `json:"hit_rate"`          // hits among all lookups
	Precision       *float64 `json:"precision"`         // right ones among the hits
	Recall          *float64 `json:"recall"`            // right hits among the lookups that may hit
	PerRequestError *float64 `json:"per_request_error"` // wrong hits among all lookups
	MustMissRate    *float64 `json:"must_miss_rate"`    // misses among the lookups that must miss
}

// Lookups stores the questions in the stock and looks the queries up under
// each variant's rules. A hit is right if both are of one group.
func Lookups(ctx context.Context, l *Stock, stored, queries []Question, opts Options) (*LookupReport, error) {
	groupOf := make(map[string]string, len(stored))
	groups := make(map[string]bool)
	for _, q := range stored {
		if other, ok := groupOf[q.Text]; ok && other != q.Group {
			return nil, fmt.Errorf("line %d of the stored questions: the same text is in the groups %q and %q", q.Line, other, q.Group)
		}
		groupOf[q.Text], groups[q.Group] = q.Group, true
	}
	r := &LookupReport{Stored: len(stored), Lookups: len(queries)}
	for _, q := range queries {
		if !groups[q.Group] {
			r.MustMiss++
		}
	}
	variants := opts.variants()
	var done atomic.Int64
	tick := func() {
		if n := int(done.Add(1)); opts.Progress != nil {
			opts.Progress(n, len(stored)+len(queries)*len(variants))
		}
	}
	l.use(variants[0])
	err := each(ctx, stored, func(ctx context.Context, n int) error { defer tick(); return l.store(ctx, stored[n]) })
	if err != nil {
		return nil, fmt.Errorf("stored questions: %w", err)
	}
	measures := [...]**LookupMeasure{&r.Cosine, &r.CosineGuards, &r.Verified, &r.VerifiedGuards}
	for i, rules := range variants {
		l.use(rules)
		found := make([]string, len(queries))
		err := each(ctx, queries, func(ctx context.Context, n int) (err error) {
			defer tick()
			found[n], err = l.lookUp(ctx, queries[n])
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("asked questions: %w", err)
		}
		*measures[i] = r.measure(rules, queries, func(n int) (group string, hit bool) { group, hit = groupOf[found[n]]; return }, groups)
	}
	return r, nil
}

// measure counts what rules did to the queries.
func (r *LookupReport) measure(rules cache.Rules, queries []Question, found func(n int) (group string, hit bool), groups map[string]bool) *LookupMeasure {
	m := &LookupMeasure{Threshold: rules.Threshold}
	mustMissed := 0
	for n, q := range queries {
		group, hit := found(n)
		switch {
		case hit && group == q.Group:
			m.Hits++
		case hit:
			m.Hits++
			m.Wrong++
		case !groups[q.Group]:
			mustMissed++
		}
	}
	m.HitRate, m.Precision = share(m.Hits, r.Lookups), share(m.Hits-m.Wrong, m.Hits)
	m.Recall = share(m.Hits-m.Wrong, r.Lookups-r.MustMiss)
	m.PerRequestError, m.MustMissRate = share(m.Wrong, r.Lookups), share(mustMissed, r.MustMiss)
	return m
}

// Write writes the report for people.
func (r *LookupReport) Write(out io.Writer) {
	fmt.Fprintf(out, "%d questions stored, %d asked, of which %d must miss\nembedder %s, verifier %s\n\n",
		r.Stored, r.Lookups, r.MustMiss, r.Embedder, r.Verifier)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\tat threshold\thits\twrong\thit rate\tprecision\trecall\terror per request\tmissed of must miss\t\n")
	for i, m := range []*LookupMeasure{r.Cosine, r.CosineGuards, r.Verified, r.VerifiedGuards} {
		if m != nil {
			fmt.Fprintf(w, "%s\t%.4g\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t\n", Variants[i], m.Threshold, m.Hits, m.Wrong, digits(m.HitRate),
				digits(m.Precision), digits(m.Recall), digits(m.PerRequestError), digits(m.MustMissRate))
		}
	}
	w.Flush()
}
