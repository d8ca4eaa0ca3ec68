// What a run is summed up as.

package scenario

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream/simulator"
)

// Figures are the outcome of one client's run. sent is the sum of answered,
// failed and waiting.
type Figures struct {
	Sent     int `json:"sent"`
	Answered int `json:"answered"`
	Failed   int `json:"failed"`
	Waiting  int `json:"waiting"` // for their turn, when the run ended

	ProviderRefused    int64 `json:"provider_refused"`     // answers with status 429
	RefusedAfterHeader int64 `json:"refused_after_header"` // of calls that came after an answer had told of the limits
	DuplicateCalls     int64 `json:"duplicate_calls"`      // answered by a provider more than once
	PeakConcurrency    int64 `json:"peak_concurrency"`

	// Utilisation is what was used of each limit while calls were made.
	Utilisation map[string]float64 `json:"utilisation"`

	AnsweredByLane map[llm.Lane]int         `json:"answered_by_lane"`
	FailedByLane   map[llm.Lane]int         `json:"failed_by_lane"`
	WaitMS         map[llm.Lane]Percentiles `json:"wait_ms"`         // of answered calls, until the provider got them
	ShareByTenant  map[string]float64       `json:"share_by_tenant"` // of the tokens answered after the warm-up
	Failures       map[string]int           `json:"failures"`        // by the status that callers saw, or "error"

	// PrimaryBackMS is how long after its outage the primary answered again; nil
	// if there was none, or it did not.
	PrimaryBackMS *float64 `json:"primary_back_ms,omitempty"`
}

// Percentiles are in milliseconds, by nearest rank.
type Percentiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// Providers are those that a scenario's calls end at, watched.
type Providers struct {
	Primary    *simulator.Watcher
	Substitute *simulator.Watcher // nil for none
}

// all are those that there are.
func (p Providers) all() []*simulator.Watcher {
	if p.Substitute == nil {
		return []*simulator.Watcher{p.Primary}
	}
	return []*simulator.Watcher{p.Primary, p.Substitute}
}

// arrival is when the provider got the try that it answered.
func (p Providers) arrival(mark uint64) (at time.Time, answers int) {
	for _, w := range p.all() {
		if t, ok := w.Arrival(mark); ok {
			if answers++; at.IsZero() || t.Before(at) {
				at = t
			}
		}
	}
	return at, answers
}

// Play plays s: its calls go to each of askers in turn, and end at the
// providers. half is called when half of the time has passed; nil for nothing.
func Play(ctx context.Context, s Scenario, askers []Asker, providers Providers, half func()) Figures {
	if half == nil {
		half = func() {}
	}
	r := &run{scenario: s, model: s.ModelName(), askers: askers}
	f := Figures{
		Utilisation: make(map[string]float64), WaitMS: make(map[llm.Lane]Percentiles), ShareByTenant: make(map[string]float64),
		AnsweredByLane: make(map[llm.Lane]int), FailedByLane: make(map[llm.Lane]int), Failures: make(map[string]int),
	}
	outcomes := r.play(ctx, half, func() { f.utilise(s, providers) })
	f.count(outcomes)
	f.share(outcomes, r.begun.Add(s.Warmup))
	f.wait(outcomes, providers)
	f.provided(s, r.begun, outcomes, providers)
	return f
}

// utilise notes what has been used of the limits so far.
func (f *Figures) utilise(s Scenario, providers Providers) {
	var used simulator.Tally
	for _, w := range providers.all() {
		t := w.Tally()
		used.Answered, used.Input, used.Output = used.Answered+t.Answered, used.Input+t.Input, used.Output+t.Output
	}
	for _, l := range s.Limits {
		n := map[simulator.Unit]int64{
			simulator.Requests: used.Answered, simulator.Tokens: used.Input + used.Output,
			simulator.InputTokens: used.Input, simulator.OutputTokens: used.Output,
		}[l.Unit]
		if l.Unit == simulator.Calls {
			continue
		}
		window := max(l.Window, time.Millisecond)
		allowed := float64(l.Amount) * max(s.Length.Seconds()/window.Seconds(), 1)
		f.Utilisation[axisName(l)] = round(float64(n)/allowed, 4)
	}
}

func axisName(l simulator.Limit) string {
	if l.Window >= 24*time.Hour {
		return string(l.Unit) + "_per_day"
	}
	return string(l.Unit)
}

// count notes what callers have seen.
func (f *Figures) count(outcomes []outcome) {
	for _, o := range outcomes {
		f.Sent++
		switch {
		case errors.Is(o.err, context.Canceled):
			f.Waiting++
		case o.err == nil && o.status == 200:
			f.Answered++
			f.AnsweredByLane[o.load.Lane]++
		default:
			f.Failed++
			f.FailedByLane[o.load.Lane]++
			f.Failures[seen(o)]++
		}
	}
}

// share notes what each tenant got of the tokens that were answered since.
func (f *Figures) share(outcomes []outcome, since time.Time) {
	total := 0
	tokens := make(map[string]int)
	for _, o := range outcomes {
		if o.err == nil && o.status == 200 && o.sent.Add(o.took).After(since) {
			tokens[o.load.Tenant] += o.load.tokens()
			total += o.load.tokens()
		}
	}
	for tenant, n := range tokens {
		f.ShareByTenant[tenant] = round(float64(n)/float64(total), 4)
	}
}

// seen is what the caller of a failed call saw.
func seen(o outcome) string {
	if o.err != nil {
		return "error"
	}
	return strconv.Itoa(o.status)
}

// wait notes how long answered calls waited.
func (f *Figures) wait(outcomes []outcome, providers Providers) {
	waits := make(map[llm.Lane][]time.Duration)
	for _, o := range outcomes {
		if o.err != nil || o.status != 200 {
			continue
		}
		if at, answers := providers.arrival(o.mark); answers > 0 {
			waits[o.load.Lane] = append(waits[o.load.Lane], max(at.Sub(o.sent), 0))
		}
	}
	for lane, list := range waits {
		slices.Sort(list)
		f.WaitMS[lane] = Percentiles{P50: percentile(list, 0.5), P99: percentile(list, 0.99)}
	}
}

// percentile is the smallest value that a share of all do not exceed.
func percentile(sorted []time.Duration, share float64) float64 {
	rank := int(math.Ceil(share * float64(len(sorted))))
	return round(float64(sorted[max(rank, 1)-1])/float64(time.Millisecond), 1)
}

// provided notes what the providers have counted.
func (f *Figures) provided(s Scenario, begun time.Time, outcomes []outcome, providers Providers) {
	for _, w := range providers.all() {
		t := w.Tally()
		f.ProviderRefused += t.RateLimited
		f.RefusedAfterHeader += t.RateLimitedAfterHeader
		f.DuplicateCalls += t.DuplicateCalls
		f.PeakConcurrency = max(f.PeakConcurrency, t.PeakConcurrency)
	}
	for _, o := range outcomes {
		if _, answers := providers.arrival(o.mark); answers > 1 {
			f.DuplicateCalls++
		}
	}
	if s.Substitute {
		f.PrimaryBackMS = back(begun.Add(s.outage()), outcomes, providers)
	}
}

// back is how long after its outage the primary answered again.
func back(over time.Time, outcomes []outcome, providers Providers) *float64 {
	var first time.Time
	for _, o := range outcomes {
		at, ok := providers.Primary.Arrival(o.mark)
		if ok && at.After(over) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	if first.IsZero() {
		return nil
	}
	ms := round(float64(first.Sub(over))/float64(time.Millisecond), 1)
	return &ms
}

// outage is when the script's last fault is over.
func (s *Scenario) outage() (end time.Duration) {
	for _, step := range s.Script {
		end = max(end, step.Match.Until)
	}
	return end
}

func round(f float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(f*scale) / scale
}
