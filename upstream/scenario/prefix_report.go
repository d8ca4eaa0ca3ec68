// The report of the scenario prefix.

package scenario

import (
	"fmt"
	"io"
	"sync"
	"text/tabwriter"

	"golang.org/x/sync/errgroup"

	"github.com/askonce/askonce/upstream/scenario/workload"
)

// Price is what a model's prompts cost, in dollars per million tokens.
type Price struct {
	Model       string  `json:"model"`
	Input       float64 `json:"input"`
	Cached      float64 `json:"cached"`
	Write       float64 `json:"write,omitempty"` // to be kept for 5 minutes
	WriteHourly float64 `json:"write_1h,omitempty"`
	Source      string  `json:"source"`
	AsOf        string  `json:"as_of"`
}

// usd is what prompts come to, without the answers.
func (p Price) usd(u PromptUsage) float64 {
	full := u.prompt - u.cached - u.written
	return (float64(full)*p.Input + float64(u.cached)*p.Cached +
		float64(u.written-u.writtenHourly)*p.Write + float64(u.writtenHourly)*p.WriteHourly) / 1e6
}

// ByForm is a figure of each form.
type ByForm struct {
	Before float64 `json:"before"`
	After  float64 `json:"after"`
	Hand   float64 `json:"hand"`
}

// of is the figure of a form.
func (b *ByForm) of(form Form) *float64 {
	switch form {
	case Before:
		return &b.Before
	case After:
		return &b.After
	}
	return &b.Hand
}

// PrefixFigures are the shares of prompt tokens that were cached, and what the
// prompts cost.
type PrefixFigures struct {
	ByForm
	CostUSD      ByForm `json:"cost_usd"`
	Calls        int    `json:"calls"`
	PromptTokens int64  `json:"prompt_tokens"` // as written
}

// WorkloadFigures are those of a workload: OpenAI's, and Anthropic's beside them.
type WorkloadFigures struct {
	Purpose string `json:"purpose"`
	PrefixFigures
	Anthropic PrefixFigures `json:"anthropic"`
}

// of are the figures of a dialect.
func (w *WorkloadFigures) of(d Dialect) *PrefixFigures {
	if d == Anthropic {
		return &w.Anthropic
	}
	return &w.PrefixFigures
}

// PrefixReport is the outcome of the scenario.
type PrefixReport struct {
	Scenario  string                      `json:"scenario"`
	Purpose   string                      `json:"purpose"`
	Clock     string                      `json:"clock"` // "simulated" or "real"
	Prices    map[Dialect]Price           `json:"prices"`
	Workloads map[string]*WorkloadFigures `json:"workloads"`
	CostUSD   PrefixCosts                 `json:"cost_usd"` // of all workloads
	Expected  []Check                     `json:"expected"`

	names []string // of the workloads, in their order
}

// PrefixCosts are OpenAI's, and Anthropic's beside them.
type PrefixCosts struct {
	ByForm
	Anthropic ByForm `json:"anthropic"`
}

// NewPrefixReport plays the workloads in all dialects and forms, so many of them
// at once. The prices are those of the dialects' models.
func NewPrefixReport(clock string, prices map[Dialect]Price, atOnce int, play func(workload.Workload, Dialect, Form) (PromptUsage, error)) (*PrefixReport, error) {
	r := &PrefixReport{Scenario: Prefix, Purpose: PrefixPurpose, Clock: clock, Prices: prices, Workloads: make(map[string]*WorkloadFigures)}
	var plays errgroup.Group
	plays.SetLimit(atOnce)
	var mu sync.Mutex // of the figures; the map is whole before the first play
	all := workload.All(seed)
	for _, w := range all {
		r.Workloads[w.Name], r.names = &WorkloadFigures{Purpose: w.Purpose}, append(r.names, w.Name)
	}
	for _, w := range all {
		for _, d := range Dialects {
			for _, form := range Forms {
				plays.Go(func() error {
					used, err := play(w, d, form)
					mu.Lock()
					defer mu.Unlock()
					r.note(w.Name, d, form, used)
					return err
				})
			}
		}
	}
	err := plays.Wait()
	r.sum()
	return r, err
}

// sum adds the costs up, and what must come of the workloads.
func (r *PrefixReport) sum() {
	for _, name := range r.names {
		for _, d := range Dialects {
			sum := &r.CostUSD.ByForm
			if d == Anthropic {
				sum = &r.CostUSD.Anthropic
			}
			for _, form := range Forms {
				*sum.of(form) = round(*sum.of(form)+*r.Workloads[name].of(d).CostUSD.of(form), 4)
			}
			r.expect(name, d)
		}
	}
}

func (r *PrefixReport) note(name string, d Dialect, form Form, used PromptUsage) {
	f := r.Workloads[name].of(d)
	*f.ByForm.of(form), *f.CostUSD.of(form) = round(float64(used.cached)/float64(max(used.prompt, 1)), 4), round(r.Prices[d].usd(used), 4)
	if form == Before {
		f.Calls, f.PromptTokens = used.calls, used.prompt
	}
}

// worthwhile is how much of what a careful hand reaches askonce is to reach.
const worthwhile = 0.8

// expect adds what must come of a workload.
func (r *PrefixReport) expect(name string, d Dialect) {
	f := r.Workloads[name].of(d)
	r.Expected = append(r.Expected,
		Check{fmt.Sprintf("%s/%s: at least %.0f %% of what is cached by hand", name, d, 100*worthwhile), f.After >= worthwhile*f.Hand && f.Hand > 0},
		Check{fmt.Sprintf("%s/%s: not less than without askonce, and not dearer", name, d), f.After >= f.Before && f.CostUSD.After <= f.CostUSD.Before})
}

// Broken lists the expectations that do not hold.
func (r *PrefixReport) Broken() []string { return broken(r.Expected) }

// WriteTable writes the report for people.
func (r *PrefixReport) WriteTable(out io.Writer) error {
	fmt.Fprintf(out, "%s: %s\nShare of the prompts' tokens that were cached, and what the prompts cost, in %s time.\n\n", r.Scenario, r.Purpose, r.Clock)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\t\tcalls\ttokens\tbefore\tafter\tby hand\tbefore\tafter\tby hand\t")
	for _, name := range r.names {
		for _, d := range Dialects {
			f := r.Workloads[name].of(d)
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\t%s\t$%.3f\t$%.3f\t$%.3f\t\n", name, d, f.Calls, f.PromptTokens,
				percent(f.Before), percent(f.After), percent(f.Hand), f.CostUSD.Before, f.CostUSD.After, f.CostUSD.Hand)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	for _, d := range Dialects {
		p := r.Prices[d]
		fmt.Fprintf(out, "%s: $%g per million tokens, $%g cached (%s, %s)\n", p.Model, p.Input, p.Cached, p.Source, p.AsOf)
	}
	writeChecks(out, r.Expected)
	return nil
}
