// The scenarios, and what must come of them.

package scenario

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream/simulator"
)

// backIn is how long the primary may take to be back: a probe on its way when the
// outage ends fails by its silence, the next one is made 5 seconds later, with
// the next call.
const backIn = Silence + 5*time.Second + 2*time.Second

const (
	p0 = llm.LaneInteractive
	p1 = llm.LaneStandard
	p2 = llm.LaneBackground
)

// All returns the scenarios, in the order in which they are listed.
func All() []Scenario {
	return []Scenario{burst(), rag(), replicas(), liar(), flood(), noisy(), outage(), storm()}
}

// perMinute allows so many tokens a minute.
func perMinute(tokens int64) []simulator.Limit {
	return []simulator.Limit{
		{Unit: simulator.Requests, Amount: 5_000, Window: time.Minute, Counting: simulator.SlidingWindow},
		{Unit: simulator.Tokens, Amount: tokens, Window: time.Minute, Counting: simulator.SlidingWindow},
	}
}

func burst() Scenario {
	return Scenario{
		Name: "burst", Purpose: "50 calls of 200 + 100 tokens come within 2 seconds, at OpenAI's tier 1 for gpt-4o.",
		Length: 2 * time.Second, Drain: time.Minute,
		Limits: []simulator.Limit{
			{Unit: simulator.Requests, Amount: 500, Window: time.Minute, Counting: simulator.SlidingWindow},
			{Unit: simulator.Tokens, Amount: 30_000, Window: time.Minute, Counting: simulator.SlidingWindow},
			{Unit: simulator.Requests, Amount: 10_000, Window: 24 * time.Hour, Counting: simulator.SlidingWindow},
		},
		Load:   []Load{{Tenant: "app", Lane: p1, Prompt: 200, Output: 100, Every: 40 * time.Millisecond}},
		Expect: []Expectation{noneRefused, allAnswered},
	}
}

func rag() Scenario {
	return Scenario{
		Name: "rag", Purpose: "Calls of nearly 6,000 tokens come half as fast again as 30,000 tokens a minute allow, for 5 minutes.",
		Length: 5 * time.Minute, Limits: perMinute(30_000),
		Load:   []Load{{Tenant: "app", Lane: p1, Prompt: 5_850, Output: 100, Every: 8 * time.Second, MaxWait: 5 * time.Minute}},
		Expect: []Expectation{noneRefused, noneFailed, uses(0.95)},
	}
}

func replicas() Scenario {
	return Scenario{
		Name: "replicas", Purpose: "Three askonce share one ledger and one limit, and are asked for twice what it allows.",
		Length: 3 * time.Minute, Limits: perMinute(60_000), Replicas: 3,
		Load:   []Load{{Tenant: "app", Lane: p1, Prompt: 400, Output: 100, Every: 250 * time.Millisecond, MaxWait: 3 * time.Minute}},
		Expect: []Expectation{noneRefused, noneFailed, uses(0.93)},
	}
}

func liar() Scenario {
	return Scenario{
		Name: "liar", Purpose: "askonce was told twice the limit that the provider has; answers tell the real one.",
		Length: 3 * time.Minute, Limits: perMinute(30_000), Declared: perMinute(60_000),
		Load: []Load{{Tenant: "app", Lane: p1, Prompt: 400, Output: 100, Every: 375 * time.Millisecond, MaxWait: 7 * time.Minute}},
		Expect: []Expectation{
			{"at most 3 calls are refused after the first header that tells", func(f Figures) bool { return f.RefusedAfterHeader <= 3 }},
			noneFailed, uses(0.90),
		},
	}
}

func flood() Scenario {
	return Scenario{
		Name: "flood", Purpose: "Background calls come at 10 times the limit, interactive ones at a fifth of it.",
		Length: 5 * time.Minute, Limits: perMinute(30_000),
		Load: []Load{
			{Tenant: "batch", Lane: p2, Prompt: 100, Output: 500, Every: 120 * time.Millisecond},
			{Tenant: "people", Lane: p0, Prompt: 100, Output: 500, Every: 6 * time.Second},
		},
		Expect: []Expectation{
			noneRefused,
			{"P0 waits less than 5 % of what P2 waits, at p99", func(f Figures) bool { return f.WaitMS[p0].P99 < 0.05*f.WaitMS[p2].P99 }},
			{"P0 is never refused", func(f Figures) bool { return f.FailedByLane[p0] == 0 && f.AnsweredByLane[p0] > 0 }},
			{"P2 progresses", func(f Figures) bool { return f.AnsweredByLane[p2] > 0 }},
			uses(0.85),
		},
	}
}

func noisy() Scenario {
	s := Scenario{
		Name: "noisy", Purpose: "One of five tenants sends 95 % of the calls; each of the others wants more than a fifth of the limit.",
		Length: 7 * time.Minute, Warmup: time.Minute, Limits: perMinute(20_000),
		Load: []Load{{Tenant: "noisy", Lane: p1, Prompt: 60, Output: 440, Every: 66 * time.Millisecond, MaxWait: 10 * time.Minute}},
	}
	for i := range 4 {
		s.Load = append(s.Load, Load{
			Tenant: fmt.Sprint("quiet", i+1), Lane: p1, Prompt: 60, Output: 440, Every: 5 * time.Second, MaxWait: 10 * time.Minute,
		})
	}
	s.Expect = []Expectation{noneRefused, {"each quiet tenant gets a fifth, within 5 %", fair}}
	return s
}

// fair is whether the quiet tenants got a fifth of the tokens each, or more.
func fair(f Figures) bool {
	for i := range 4 {
		if share := f.ShareByTenant[fmt.Sprint("quiet", i+1)]; share < 0.2*0.95 || share > 0.2*1.05 {
			return false
		}
	}
	return true
}

func outage() Scenario {
	fault := func(since, until time.Duration, r simulator.Response) simulator.Step {
		return simulator.Step{Match: simulator.Match{Since: since, Until: until}, Respond: r}
	}
	return Scenario{
		Name: "outage", Purpose: "The primary answers 429 for a minute, then 500 for one, then not at all for one; there is a substitute.",
		Length: 5 * time.Minute, Drain: 2 * time.Minute, Limits: perMinute(60_000), Substitute: true,
		Script: []simulator.Step{
			fault(30*time.Second, 90*time.Second, simulator.Response{Status: http.StatusTooManyRequests, Headers: map[string]string{"retry-after": "5"}}),
			fault(90*time.Second, 150*time.Second, simulator.Response{Status: http.StatusInternalServerError}),
			fault(150*time.Second, 210*time.Second, simulator.Response{Hang: true}),
		},
		Load: []Load{{Tenant: "app", Lane: p1, Prompt: 200, Output: 100, Every: time.Second}},
		Expect: []Expectation{
			allAnswered,
			{"no call is answered twice", func(f Figures) bool { return f.DuplicateCalls == 0 }},
			{fmt.Sprintf("the primary is back within %s: a probe's silence, the time between probes, a call", backIn), func(f Figures) bool {
				return f.PrimaryBackMS != nil && *f.PrimaryBackMS <= float64(backIn.Milliseconds())
			}},
		},
	}
}

func storm() Scenario {
	return Scenario{
		Name: "storm", Purpose: "The ledger of three askonce restarts at half-time and has lost all it knew.",
		Length: 3 * time.Minute, Limits: perMinute(60_000), Replicas: 3, Restarts: true,
		Load:   []Load{{Tenant: "app", Lane: p1, Prompt: 400, Output: 100, Every: 250 * time.Millisecond, MaxWait: 3 * time.Minute}},
		Expect: []Expectation{noneRefused, noneFailed, uses(0.80)},
	}
}

var (
	noneRefused = Expectation{"the provider refuses none", func(f Figures) bool { return f.ProviderRefused == 0 && f.Sent > 0 }}
	noneFailed  = Expectation{"no caller sees an error", func(f Figures) bool { return f.Failed == 0 && f.Answered > 0 }}
	allAnswered = Expectation{"all are answered", func(f Figures) bool { return f.Answered == f.Sent && f.Sent > 0 }}
)

// uses expects that so much of the tokens is used.
func uses(share float64) Expectation {
	return Expectation{fmt.Sprintf("at least %.0f %% of the tokens are used", 100*share), func(f Figures) bool {
		used, known := f.Utilisation[string(simulator.Tokens)]
		return known && used >= share
	}}
}

// Names lists the scenarios' names.
func Names() []string {
	return slices.Collect(func(yield func(string) bool) {
		for _, s := range All() {
			if !yield(s.Name) {
				return
			}
		}
	})
}
