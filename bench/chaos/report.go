// The report: a table for people, and one JSON object as the last line.

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

// report is what callers noticed.
type report struct {
	Requests   int     `json:"requests"`
	Failed     int     `json:"failed"`
	AddedP99   float64 `json:"added_p99_ms"` // p99 during the faults less that of the calm
	Duplicates int     `json:"duplicates"`
	Stale      int     `json:"stale_hits_after_delete"`

	CalmP99   float64 `json:"calm_p99_ms"`
	ChaosP99  float64 `json:"chaos_p99_ms"`
	Slowest   float64 `json:"slowest_ms"`
	Calls     int     `json:"upstream_calls"`
	Deletions int     `json:"deletions"`
	Retried   int64   `json:"retried_by_balancer"`
	Cut       int     `json:"cut_off_and_asked_again"`
	Recovered bool    `json:"recovered"`

	samples  []sample
	problems []string
}

func newReport(l *load, d *deletions, s *stage, recovered bool) *report {
	r := &report{
		Requests: l.requests, Failed: len(l.failed), Cut: l.cut, samples: l.samples,
		Deletions: d.done, Stale: len(d.stale), Retried: s.balancer.retried.Load(), Recovered: recovered,
	}
	r.Calls, r.Duplicates = s.recorder.counts()
	r.CalmP99, r.ChaosP99 = r.quantile("", calm, 0.99), r.quantile("", chaotic, 0.99)
	r.AddedP99 = math.Round(10*(r.ChaosP99-r.CalmP99)) / 10
	r.Slowest = max(r.quantile("", calm, 1), r.quantile("", chaotic, 1))
	for _, err := range l.failed {
		r.problems = append(r.problems, "failed: "+err.Error())
	}
	for _, stale := range d.stale {
		r.problems = append(r.problems, "stale: "+stale)
	}
	return r
}

// quantile is that of the latencies of a kind of requests ("" is all) in a
// phase, in milliseconds; 0 if there are none.
func (r *report) quantile(of kind, phase int32, q float64) float64 {
	var all []time.Duration
	for _, s := range r.samples {
		if s.phase == phase && (of == "" || s.kind == of) {
			all = append(all, s.took)
		}
	}
	return quantile(all, q)
}

// quantile is the nearest rank's value, in milliseconds to a tenth.
func quantile(all []time.Duration, q float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	rank := min(int(q*float64(len(all))), len(all)-1)
	return float64(all[rank].Round(100*time.Microsecond).Microseconds()) / 1000
}

// print writes the report, and returns an error if it is a bad one.
func (r *report) print() error {
	r.table()
	for _, problem := range r.problems {
		fmt.Println(problem)
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	return r.verdict()
}

func (r *report) table() {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "REQUESTS\tCALM\tP50 MS\tP99 MS\tWITH FAULTS\tP50 MS\tP99 MS\tFROM THE CACHE")
	for _, of := range append([]kind{""}, kinds...) {
		name := of
		if name == "" {
			name = "all"
		}
		fmt.Fprintf(t, "%s\t%d\t%.1f\t%.1f\t%d\t%.1f\t%.1f\t%d\n", name,
			r.count(of, calm), r.quantile(of, calm, 0.5), r.quantile(of, calm, 0.99),
			r.count(of, chaotic), r.quantile(of, chaotic, 0.5), r.quantile(of, chaotic, 0.99), r.hits(of))
	}
	fmt.Fprintf(t, "\nfailed\t%d\t\nadded p99, ms\t%.1f\t\nduplicate calls of %d\t%d\t\nstale hits after %d deletions\t%d\t\n",
		r.Failed, r.AddedP99, r.Calls, r.Duplicates, r.Deletions, r.Stale)
	fmt.Fprintf(t, "sent to another replica by the balancer\t%d\t\ncut off in the middle, asked again\t%d\t\n", r.Retried, r.Cut)
	t.Flush()
	fmt.Printf("all replicas ready at the end: %t\n", r.Recovered)
	fmt.Println("The balancer sends a request to another replica, once, if its connection broke before any answer; an answer that broke off\n" +
		"with a killed replica is asked for again, once. A call is a duplicate if the provider was asked the same before, unless the\n" +
		"answer was deleted since: while Redis is away, there is no other way. Who waits for a killed replica's call waits until its\n" +
		"lease runs out. Everything shares one machine.")
}

func (r *report) count(of kind, phase int32) int {
	n := 0
	for _, s := range r.samples {
		if s.phase == phase && (of == "" || s.kind == of) {
			n++
		}
	}
	return n
}

// hits are the requests of both phases that the cache answered.
func (r *report) hits(of kind) int {
	n := 0
	for _, s := range r.samples {
		if (of == "" || s.kind == of) && s.layer != "none" {
			n++
		}
	}
	return n
}

// verdict is the error that ends the program.
func (r *report) verdict() error {
	var problems []error
	if r.Failed > 0 {
		problems = append(problems, fmt.Errorf("%d requests failed", r.Failed))
	}
	if r.Stale > 0 {
		problems = append(problems, fmt.Errorf("%d answers were served after their deletion", r.Stale))
	}
	if !r.Recovered {
		problems = append(problems, errors.New("not all replicas have recovered"))
	}
	return errors.Join(problems...)
}
