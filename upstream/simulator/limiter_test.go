// The limiter of askonce before this provider: two countings that share no code.

package simulator

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/askonce/askonce/upstream/limit"
)

// pair is one limit as both sides see it.
type pair struct {
	limit.Axis
	Limit
}

// drawPair draws a limit with small figures, so that its edges are met.
func drawPair(t *rapid.T, i int, charge Charge) pair {
	window := time.Duration(rapid.IntRange(2, 40).Draw(t, "window")) * time.Second
	amount := rapid.Int64Range(20, 200).Draw(t, "amount")
	unit := rapid.SampledFrom([]Unit{Requests, Tokens, InputTokens, OutputTokens, Calls}).Draw(t, "unit")
	p := pair{Limit: Limit{Unit: unit, Amount: amount, Window: window, Counting: rapid.SampledFrom(countings).Draw(t, "counting")}}
	if p.Limit.Counting == TokenBucket {
		p.Burst = rapid.Int64Range(20, 400).Draw(t, "burst")
	}
	rule := limit.Rule{Limit: amount, Window: window, Burst: p.Burst}
	rule.Counting = map[Counting]limit.Counting{
		TokenBucket: limit.TokenBucket, SlidingWindow: limit.SlidingWindow,
		FixedWindow: limit.FixedWindow, FirstUseWindow: limit.FirstUseWindow,
	}[p.Limit.Counting]
	switch unit {
	case Calls:
		p.Limit = Limit{Unit: Calls, Amount: rapid.Int64Range(1, 4).Draw(t, "calls")}
		rule = limit.Rule{Counting: limit.Concurrency, Limit: p.Amount}
	case Requests:
		p.Amount = rapid.Int64Range(1, 10).Draw(t, "requests")
		rule.Limit = p.Amount
	default:
		rule.Keeps, rule.AtEnd = charge == ChargeMaxTokens, charge == ChargeUsage
	}
	p.Axis = limit.Axis{Name: fmt.Sprint(i, unit), Rule: rule, Unit: map[Unit]limit.Unit{
		Requests: limit.Requests, Tokens: limit.TotalTokens, InputTokens: limit.InputTokens,
		OutputTokens: limit.OutputTokens, Calls: limit.Calls,
	}[unit]}
	return p
}

// underWay is a call that both sides let in.
type underWay struct {
	demand demand
	grant  limit.Grant
	in     *admission
}

func amounts(d demand) limit.Amounts {
	return limit.Amounts{1, int64(d.prompt), int64(d.output), int64(d.prompt + d.output), 1}
}

// Whatever comes when, uses what it asked for or less, and ends when it likes:
// what the limiter lets through, the provider takes.
func TestTheLimiterKeepsEveryLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		charge := rapid.SampledFrom(charges).Draw(t, "charge")
		var axes []limit.Axis
		var limits []Limit
		for i := range rapid.IntRange(1, 4).Draw(t, "limits") {
			p := drawPair(t, i, charge)
			axes, limits = append(axes, p.Axis), append(limits, p.Limit)
		}
		subject, err := limit.NewSubject(axes)
		if err != nil {
			t.Fatal(err)
		}
		g := newGate(limits, charge)
		now := time.Unix(1_700_000_000, 0)
		var calls []underWay
		for range rapid.IntRange(10, 120).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, 4_000_000).Draw(t, "later")) * time.Microsecond)
			if len(calls) > 0 && rapid.Bool().Draw(t, "ends") {
				i := rapid.IntRange(0, len(calls)-1).Draw(t, "which")
				calls[i].end(t, subject, now)
				calls = append(calls[:i], calls[i+1:]...)
				continue
			}
			d := demand{bounded: true, prompt: rapid.IntRange(0, 30).Draw(t, "prompt"), output: rapid.IntRange(0, 30).Draw(t, "output")}
			grant, verdict := subject.Take(limit.Ask{Want: amounts(d)}, limit.At(now))
			if !verdict.OK {
				continue
			}
			in, _, refusal := g.admit(account{}, d, now)
			if refusal != nil {
				t.Fatalf("at %s: the limiter let %+v through, the provider: %s", now, d, refusal.error().message)
			}
			calls = append(calls, underWay{d, grant, in})
		}
	})
}

// end settles a call on both sides.
func (c underWay) end(t *rapid.T, subject *limit.Subject, now time.Time) {
	used := c.demand
	used.output = rapid.IntRange(0, used.output).Draw(t, "used")
	c.in.settle(usage{prompt: used.prompt, output: used.output}, now)
	subject.Settle(c.grant, amounts(used), limit.At(now))
}
