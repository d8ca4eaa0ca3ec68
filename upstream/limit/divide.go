// Counting alone for a while: a share of a subject, and what was counted
// elsewhere in the meantime.

package limit

import "time"

// Empty is a subject with the same axes, of which nothing is used.
func (s *Subject) Empty() *Subject {
	empty := &Subject{axes: make([]axis, len(s.axes))}
	for i, a := range s.axes {
		empty.axes[i] = axis{Axis: a.Axis, counter: newCounter(a.Rule, 0)}
	}
	return empty
}

// Raise makes the subject count at least used, by axis: somebody who knows more
// has counted so much. What was missing counts as taken now.
func (s *Subject) Raise(used []int64, now Instant) {
	for i := range min(len(used), len(s.axes)) {
		a := &s.axes[i]
		at := a.advance(&a.State, now)
		a.charge(&a.State, used[i]-a.Used, at)
	}
}

// Charge counts what was taken elsewhere, whether it fits or not. What counts
// when a call ends is not counted yet.
func (s *Subject) Charge(want Amounts, now Instant) {
	for i := range s.axes {
		a := &s.axes[i]
		if at := a.advance(&a.State, now); !a.atEnd {
			a.charge(&a.State, want[a.Unit], at)
		}
	}
}

// ChargeRest counts what the call of a grant from elsewhere used and Charge did
// not count for it. What was counted too much stays counted.
func (s *Subject) ChargeRest(g Grant, used Amounts, now Instant) {
	for i := range s.axes {
		a := &s.axes[i]
		at, n := a.advance(&a.State, now), max(used[a.Unit], 0)
		if !a.atEnd {
			n -= max(g.Amounts[a.Unit], 0)
		}
		a.charge(&a.State, n, at)
	}
}

// Free lets go of what the call of a grant from elsewhere held.
func (s *Subject) Free(g Grant) {
	for i := range s.axes {
		if a := &s.axes[i]; a.atEnd {
			a.Held = max(a.Held-max(g.Amounts[a.Unit], 0), 0)
		}
	}
}

// Held adds to sums, by axis and times sign, what g holds until its call ends.
func (s *Subject) Held(g Grant, sums *[MaxAxes]int64, sign int64) {
	for i := range s.axes {
		if a := &s.axes[i]; a.atEnd {
			sums[i] = max(sums[i]+sign*max(g.Amounts[a.Unit], 0), 0)
		}
	}
}

// Divided is one of n equal shares of the subject: its limits and what is
// counted, rounded so that the shares together allow no more than the whole. A
// limit or a burst below n is too small for that: its shares keep to the rate,
// and may meet. What is held by calls under way is not divided but left out:
// held, by axis, is that of the share's own calls.
func (s *Subject) Divided(n int64, held []int64, now Instant) *Subject {
	s.advance(now)
	part := &Subject{axes: make([]axis, len(s.axes)), pause: s.pause}
	for i := range s.axes {
		whole := &s.axes[i]
		a := &part.axes[i]
		a.Axis = whole.Axis
		a.Rule = whole.Rule.divided(n)
		a.State = whole.State.divided(n)
		a.counter = newCounter(a.Rule, a.Learned)
		if a.window > whole.window {
			a.Used, a.Log = a.rest(whole)
		}
		if i < len(held) {
			a.Held = held[i]
		}
	}
	return part
}

// divided is one of n shares of r. Where less than one is left of a limit, one
// is left of a longer window.
func (r Rule) divided(n int64) Rule {
	if r.Limit >= n || r.Counting == Concurrency {
		r.Limit = max(r.Limit/n, 1)
		if r.Burst != 0 {
			r.Burst = max(r.Burst/n, 1)
		}
		return r
	}
	window := mulDivUp(r.window(), n, r.Limit)
	return Rule{
		Counting: SlidingWindow, Limit: 1, Window: min(time.Duration(window)*time.Microsecond, maxWindow),
		Slack: r.Slack, Keeps: r.Keeps, AtEnd: r.AtEnd,
	}
}

// divided is one of n shares of what s has counted.
func (s State) divided(n int64) State {
	s.Held, s.Frac, s.Refunded, s.Corrected = 0, 0, 0, 0
	s.Used = (s.Used + n - 1) / n
	if s.Learned > 0 {
		s.Learned = max(s.Learned/n, 1)
	}
	log := s.Log
	s.Log, s.Used = make([]Mark, len(log)), max(s.Used, 0)
	var sum int64
	for i, m := range log {
		s.Log[i] = Mark{At: m.At, N: (m.N + n - 1) / n}
		sum += s.Log[i].N
	}
	if len(log) > 0 {
		s.Used = sum
	}
	return s
}

// rest is what a counted as a log that may have been counted otherwise before:
// one mark of the last time.
func (a *axis) rest(whole *axis) (int64, []Mark) {
	if whole.Used == 0 {
		return 0, nil
	}
	a.Start = whole.At
	return 1, []Mark{{At: whole.At, N: 1}}
}
