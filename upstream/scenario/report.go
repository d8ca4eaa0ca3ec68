// A scenario's report: askonce and a naive client side by side.

package scenario

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Report is the outcome of a scenario.
type Report struct {
	Scenario string   `json:"scenario"`
	Purpose  string   `json:"purpose"`
	Clock    string   `json:"clock"` // "simulated" or "real"
	Seconds  float64  `json:"seconds"`
	Limits   []string `json:"limits"`
	Declared []string `json:"declared"` // to askonce

	Askonce Figures `json:"askonce"`
	Naive   Figures `json:"naive"`

	Expected []Check `json:"expected"`
}

// Expectation is what must come of a scenario for askonce.
type Expectation struct {
	What  string
	Holds func(askonce Figures) bool
}

// Check is whether an expectation holds.
type Check struct {
	What  string `json:"what"`
	Holds bool   `json:"holds"`
}

// NewReport compares the figures of a scenario.
func NewReport(s Scenario, clock string, askonce, naive Figures) *Report {
	r := &Report{
		Scenario: s.Name, Purpose: s.Purpose, Clock: clock, Seconds: s.Length.Seconds(),
		Askonce: askonce, Naive: naive,
	}
	for _, l := range s.Limits {
		r.Limits = append(r.Limits, l.String())
	}
	for _, l := range s.DeclaredLimits() {
		r.Declared = append(r.Declared, l.String())
	}
	for _, e := range s.Expect {
		r.Expected = append(r.Expected, Check{What: e.What, Holds: e.Holds(askonce)})
	}
	return r
}

// Broken lists the expectations that do not hold.
func (r *Report) Broken() []string { return broken(r.Expected) }

func broken(checks []Check) []string {
	var list []string
	for _, c := range checks {
		if !c.Holds {
			list = append(list, c.What)
		}
	}
	return list
}

// WriteTable writes the report for people.
func (r *Report) WriteTable(out io.Writer) error {
	fmt.Fprintf(out, "%s: %s\n%g s of %s time; the provider allows %s", r.Scenario, r.Purpose, r.Seconds, r.Clock, strings.Join(r.Limits, ", "))
	if !slices.Equal(r.Limits, r.Declared) {
		fmt.Fprintf(out, "; askonce was told %s", strings.Join(r.Declared, ", "))
	}
	fmt.Fprint(out, "\n\n")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\taskonce\tnaive\t")
	for _, row := range r.rows() {
		fmt.Fprintf(w, "%s\t%s\t%s\t\n", row[0], row[1], row[2])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	writeChecks(out, r.Expected)
	return nil
}

func writeChecks(out io.Writer, checks []Check) {
	fmt.Fprintln(out)
	for _, c := range checks {
		fmt.Fprintf(out, "%-5s %s\n", map[bool]string{true: "ok", false: "FAIL"}[c.Holds], c.What)
	}
}

// rows are a name and the two figures.
func (r *Report) rows() [][3]string {
	a, n := &r.Askonce, &r.Naive
	var rows [][3]string
	add := func(name string, askonce, naive any) {
		rows = append(rows, [3]string{name, fmt.Sprint(askonce), fmt.Sprint(naive)})
	}
	add("sent", a.Sent, n.Sent)
	add("answered", a.Answered, n.Answered)
	add("failed", a.Failed, n.Failed)
	add("waiting at the end", a.Waiting, n.Waiting)
	add("refused by the provider", a.ProviderRefused, n.ProviderRefused)
	add("of them after a header", a.RefusedAfterHeader, n.RefusedAfterHeader)
	add("answered twice", a.DuplicateCalls, n.DuplicateCalls)
	add("at a time, at most", a.PeakConcurrency, n.PeakConcurrency)
	for _, axis := range keys(a.Utilisation, n.Utilisation) {
		add("used of "+axis, percent(a.Utilisation[axis]), percent(n.Utilisation[axis]))
	}
	for _, lane := range keys(a.WaitMS, n.WaitMS) {
		add(string(lane)+" answered", a.AnsweredByLane[lane], n.AnsweredByLane[lane])
		add(string(lane)+" failed", a.FailedByLane[lane], n.FailedByLane[lane])
		add(string(lane)+" wait, p50", seconds(a.WaitMS[lane].P50), seconds(n.WaitMS[lane].P50))
		add(string(lane)+" wait, p99", seconds(a.WaitMS[lane].P99), seconds(n.WaitMS[lane].P99))
	}
	if tenants := keys(a.ShareByTenant, n.ShareByTenant); len(tenants) > 1 {
		for _, t := range tenants {
			add("share of "+t, percent(a.ShareByTenant[t]), percent(n.ShareByTenant[t]))
		}
	}
	if a.PrimaryBackMS != nil || n.PrimaryBackMS != nil {
		add("primary back after", optional(a.PrimaryBackMS), optional(n.PrimaryBackMS))
	}
	return rows
}

// keys are those of either map, sorted.
func keys[K cmp.Ordered, V any](a, b map[K]V) []K {
	all := make(map[K]bool, len(a)+len(b))
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return slices.Sorted(maps.Keys(all))
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }
func seconds(ms float64) string    { return fmt.Sprintf("%.1f s", ms/1000) }

func optional(ms *float64) string {
	if ms == nil {
		return "-"
	}
	return seconds(*ms)
}
