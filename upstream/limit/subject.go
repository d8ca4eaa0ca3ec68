// A subject: several axes, taken all at once or not at all.

package limit

import (
	"errors"
	"fmt"
)

// Axis is one limit of a subject. Several may count the same unit, such as
// requests by minute and by day.
type Axis struct {
	Name string `json:"name"` // "requests", "day_requests": one word for metrics and errors
	Unit Unit   `json:"unit"`
	Rule Rule   `json:"rule"`
}

// MaxAxes is how many axes a subject can have.
const MaxAxes = 8

// Ask is what a take wants.
type Ask struct {
	Want Amounts

	// Leave is what others are owed: so much must be left afterwards, or all
	// that Want does not need, if that is less.
	Leave Amounts

	// Spare is what others are likely to want soon: so much must be left as
	// well, or a quarter of what can be counted at once, if that is less.
	Spare Amounts

	// Even spreads the take: where a window would let the whole limit be used
	// up at once and then nothing for long, it waits for its turn at the rate
	// of the limit. For background work, beside which others come.
	Even bool
}

// Verdict is the answer to an Ask.
type Verdict struct {
	OK   bool
	At   Instant // if not OK: the earliest time at which it fits; OnRelease; or Never
	Axis string  // if not OK: the axis that takes the longest; "" for a pause
}

// Grant is what was taken. It is needed to give back or to settle.
type Grant struct {
	At      Instant
	Amounts Amounts

	// Floors and Seen are by axis: what was counted right after the take, in
	// the terms in which a later refund and the provider's word are compared.
	Floors, Seen [MaxAxes]int64

	// Epoch is for a ledger to tell by which of its counts granted this. The
	// arithmetic does not look at it.
	Epoch int64
}

// Subject is what limits hold for, with what is counted. It is not safe for
// concurrent use.
type Subject struct {
	axes  []axis
	pause Instant // nothing is taken before
}

type axis struct {
	Axis
	counter
	State
}

// NewSubject returns a subject of which nothing is used.
func NewSubject(axes []Axis) (*Subject, error) {
	if err := Validate(axes); err != nil {
		return nil, fmt.Errorf("limit: %w", err)
	}
	s := &Subject{axes: make([]axis, len(axes))}
	for i, a := range axes {
		s.axes[i] = axis{Axis: a, counter: newCounter(a.Rule, 0)}
	}
	return s, nil
}

// Validate returns every problem of the axes at once, each with its axis.
func Validate(axes []Axis) error {
	var problems []error
	if len(axes) > MaxAxes {
		problems = append(problems, fmt.Errorf("%d axes; at most %d", len(axes), MaxAxes))
	}
	seen := make(map[string]bool, len(axes))
	for _, a := range axes {
		switch {
		case a.Name == "":
			problems = append(problems, errors.New("an axis has no name"))
		case seen[a.Name]:
			problems = append(problems, fmt.Errorf("%s: is there twice", a.Name))
		case a.Unit >= units:
			problems = append(problems, fmt.Errorf("%s: counts no known unit", a.Name))
		}
		seen[a.Name] = true
		if err := a.Rule.Validate(); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", a.Name, err))
		}
	}
	return errors.Join(problems...)
}

// Take counts what ask wants on all axes, or nothing. An axis of which nothing
// is wanted does not matter, even when it is overdrawn.
func (s *Subject) Take(ask Ask, now Instant) (Grant, Verdict) {
	if v := s.verdict(&ask, now); !v.OK {
		return Grant{}, v
	}
	now = s.advance(now)
	g := Grant{At: now, Amounts: ask.Want}
	for i := range s.axes {
		a := &s.axes[i]
		before := a.Used
		if n := ask.Want[a.Unit]; n > 0 {
			a.take(&a.State, n, now)
			before += n
		}
		g.Floors[i] = a.Used + a.Refunded
		g.Seen[i] = before - a.Corrected
		if a.atEnd {
			g.Seen[i] = a.Used - a.Corrected
		}
	}
	return g, Verdict{OK: true}
}

// verdict finds the earliest time at which all axes fit. Each is asked from the
// time that the others need; only a fixed window can say no again at a later
// time, so this ends soon.
func (s *Subject) verdict(ask *Ask, now Instant) Verdict {
	now = s.advance(now)
	v := Verdict{At: max(now, s.pause)}
	for range len(s.axes) + 1 {
		from := v.At
		for i := range s.axes {
			if at := s.axes[i].fits(ask, v.At); at > v.At {
				v.At, v.Axis = at, s.axes[i].Name
			}
		}
		if v.At == from || !v.At.Known() {
			break
		}
	}
	v.OK = v.At == now
	return v
}

// advance brings all axes to now, or to the latest time that one of them has
// seen, if the clock went back a little; it returns that time.
func (s *Subject) advance(now Instant) Instant {
	latest := now
	for i := range s.axes {
		a := &s.axes[i]
		latest = max(latest, a.advance(&a.State, now))
	}
	return latest
}

// fits is the earliest time, not before from, at which the axis allows ask.
func (a *axis) fits(ask *Ask, from Instant) Instant {
	n := ask.Want[a.Unit]
	switch {
	case n <= 0:
		return from
	case n > a.capacity:
		return Never
	case ask.Even && a.even:
		from = max(from, a.Next)
	}
	return a.when(&a.State, n+a.left(ask), from)
}

// left is what ask leaves of the axis.
func (a *axis) left(ask *Ask) int64 {
	left := addSat(max(ask.Leave[a.Unit], 0), min(max(ask.Spare[a.Unit], 0), a.capacity/4))
	return min(left, a.capacity-ask.Want[a.Unit])
}

// Project is the earliest time by which ahead, and after it ask, can have been
// taken if nobody else comes; now if there is room at once.
func (s *Subject) Project(ahead Amounts, ask Ask, now Instant) Verdict {
	now = s.advance(now)
	v := Verdict{At: max(now, s.pause)}
	for i := range s.axes {
		if at := s.axes[i].after(max(ahead[s.axes[i].Unit], 0), &ask, now); at > v.At {
			v.At, v.Axis = at, s.axes[i].Name
		}
	}
	v.OK = v.At == now
	return v
}

// after is the earliest time by which the axis allows ahead and then ask.
func (a *axis) after(ahead int64, ask *Ask, now Instant) Instant {
	n := ask.Want[a.Unit]
	switch {
	case n <= 0:
		return now
	case n > a.capacity:
		return Never
	}
	at := a.project(&a.State, ahead, n+a.left(ask), now)
	if ask.Even && a.even && at.Known() {
		at = max(at, a.Next.after(mulDivUp(ahead, a.den, a.num)))
	}
	return at
}

// Settle replaces what g estimated by what the call used. What it used beyond
// the estimate is counted now, whether it fits or not.
func (s *Subject) Settle(g Grant, used Amounts, now Instant) {
	for i := range s.axes {
		a := &s.axes[i]
		at := a.advance(&a.State, now)
		estimate, used := max(g.Amounts[a.Unit], 0), max(used[a.Unit], 0)
		switch {
		case a.atEnd:
			a.Held = max(a.Held-estimate, 0)
			a.charge(&a.State, used, at)
		case used > estimate:
			a.charge(&a.State, used-estimate, at)
		case !a.keeps:
			a.refund(&a.State, estimate-used, g.At, g.Floors[i])
		}
	}
}

// Refund takes back all of g: the call was never sent.
func (s *Subject) Refund(g Grant, now Instant) {
	for i := range s.axes {
		a := &s.axes[i]
		a.advance(&a.State, now)
		n := max(g.Amounts[a.Unit], 0)
		if a.atEnd {
			a.Held = max(a.Held-n, 0)
			continue
		}
		a.refund(&a.State, n, g.At, g.Floors[i])
	}
}
