// What a scenario is: who asks for what, and what the provider allows.

package scenario

import (
	"slices"
	"time"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream/simulator"
)

// Scenario is a load before a provider with limits.
type Scenario struct {
	Name    string
	Purpose string // in a sentence

	// Length is how long calls are made, and Drain how long those may still take
	// that were made by then.
	Length, Drain time.Duration

	// Warmup is how long tenants' shares are not counted: until the limit is
	// reached for the first time nobody is kept back.
	Warmup time.Duration

	// Limits are what the provider allows, and Declared what askonce is told of
	// them; nil for the same.
	Limits, Declared []simulator.Limit

	// Script is what goes wrong at the provider. With a Substitute there is a
	// second provider with the same limits and no script, for when the first
	// fails.
	Script     []simulator.Step
	Substitute bool

	Model    string // that is asked for; "" is gpt-4o
	Replicas int    // of askonce, on one ledger; 0 is 1
	Restarts bool   // the ledger does at half-time, and forgets; it takes a real one
	Load     []Load

	// Expect is what must come of it.
	Expect []Expectation
}

// Load is calls of one kind.
type Load struct {
	Tenant  string
	Lane    llm.Lane
	Prompt  int           // tokens
	Output  int           // tokens, which is max_tokens and what is answered
	Every   time.Duration // on average; each call is made at a random time of its turn
	MaxWait time.Duration // 0 is the lane's default
}

// tokens is what a call of the load costs.
func (l Load) tokens() int { return l.Prompt + l.Output }

// ModelName is Model or its default.
func (s *Scenario) ModelName() string {
	if s.Model != "" {
		return s.Model
	}
	return "gpt-4o"
}

// Under returns the scenario under other limits: what is declared differs from
// them as before, and calls come as much faster as they allow more tokens.
func (s Scenario) Under(limits []simulator.Limit) Scenario {
	limits = inMinutes(limits)
	before, after := perSecond(s.Limits), perSecond(limits)
	if s.Declared != nil {
		more := perSecond(s.Declared) / before
		s.Declared = slices.Clone(limits)
		for i := range s.Declared {
			s.Declared[i].Amount = int64(float64(limits[i].Amount) * more)
		}
	}
	s.Limits = limits
	if after == 0 {
		return s
	}
	s.Load = slices.Clone(s.Load)
	for i := range s.Load {
		s.Load[i].Every = time.Duration(float64(s.Load[i].Every) * before / after)
	}
	return s
}

// inMinutes fills in the window that limits have which name none.
func inMinutes(limits []simulator.Limit) []simulator.Limit {
	limits = slices.Clone(limits)
	for i := range limits {
		if l := &limits[i]; l.Window == 0 && l.Unit != simulator.Calls {
			l.Window = time.Minute
		}
	}
	return limits
}

// perSecond is how many tokens the strictest of the limits of all tokens allow;
// 0 if there is none.
func perSecond(limits []simulator.Limit) (least float64) {
	for _, l := range limits {
		if l.Unit == simulator.Tokens {
			if rate := float64(l.Amount) / max(l.Window, time.Millisecond).Seconds(); least == 0 || rate < least {
				least = rate
			}
		}
	}
	return least
}

// DeclaredLimits is what askonce is told of the limits.
func (s *Scenario) DeclaredLimits() []simulator.Limit {
	if s.Declared != nil {
		return s.Declared
	}
	return s.Limits
}

// Counted returns the scenario with all windows counted in that way.
func (s Scenario) Counted(counting simulator.Counting) Scenario {
	s.Limits, s.Declared = counted(s.Limits, counting), counted(s.Declared, counting)
	return s
}

func counted(list []simulator.Limit, counting simulator.Counting) []simulator.Limit {
	var all []simulator.Limit
	for _, l := range list {
		if l.Unit != simulator.Calls {
			l.Counting, l.Burst = counting, 0
		}
		all = append(all, l)
	}
	return all
}

// Find returns the scenario of that name.
func Find(name string) (Scenario, bool) {
	for _, s := range All() {
		if s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}
