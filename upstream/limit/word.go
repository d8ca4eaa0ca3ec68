// The provider's word, and how a subject stands.

package limit

import "fmt"

// Word is what a provider said about one axis when it counted a call.
type Word struct {
	Axis      string
	Limit     int64   // 0 if it did not say
	Remaining int64   // -1 if it did not say
	Reset     Instant // when all of it will be there again; 0 if it did not say
}

// Adjust believes the provider. It spoke of the moment when it counted the call
// of g, so its count is compared with the one of that moment, and what was
// taken since stays counted: answers may come late and out of order. If the
// provider has counted more, so is here. If it has counted less, its count is
// not used: what is on the way to it is not in it yet.
//
// A limit below the rule's holds from now on, until the provider says otherwise;
// one above the rule's does not, since the rule is what the operator allows.
// An axis that the subject does not have is ignored.
func (s *Subject) Adjust(g Grant, w Word, now Instant) {
	for i := range s.axes {
		if a := &s.axes[i]; a.Name == w.Axis && a.shape != held {
			a.believe(w, g.Seen[i], g.At, now)
		}
	}
}

func (a *axis) believe(w Word, seen int64, then, now Instant) {
	at := a.advance(&a.State, now)
	limit := a.capacity
	if w.Limit > 0 {
		a.learn(w.Limit)
		limit = w.Limit
	}
	if w.Remaining < 0 || w.Remaining > limit {
		return
	}
	if a.shape == fixed && then.alignedTo(a.window) != at.alignedTo(a.window) {
		return // of a window that is over
	}
	more := limit - w.Remaining - seen - a.Corrected
	if more <= 0 {
		return
	}
	if a.shape == bucket {
		more += a.margin // what comes next may have the shorter way
	}
	a.Corrected += more
	if w.Reset > 0 && a.shape == sliding {
		at = min(at, w.Reset-Instant(a.window))
	}
	a.charge(&a.State, more, at)
}

// learn takes the provider's limit for the one in force.
func (a *axis) learn(limit int64) {
	if limit >= a.Rule.Limit {
		limit = 0
	}
	if limit == a.Learned {
		return
	}
	a.Learned = min(limit, maxLimit)
	a.counter = newCounter(a.Rule, a.Learned)
	a.Frac = 0
}

// Pause lets nothing be taken before until, as Retry-After demands. A pause
// does not become shorter.
func (s *Subject) Pause(until Instant) { s.pause = max(s.pause, until) }

// Standing is how one axis stands.
type Standing struct {
	Axis
	Limit     int64   // in force: the rule's, or a lower one that the provider told
	Capacity  int64   // what may be counted at once: the limit, or a bucket's burst
	Used      int64   // counted or held; above Capacity when overdrawn
	Available int64   // never negative
	Full      Instant // when all of it is there again; OnRelease while calls are held
}

// Share is the used part of the capacity; above 1 when overdrawn.
func (s *Standing) Share() float64 { return float64(s.Used) / float64(max(s.Capacity, 1)) }

// Standings tells how the subject stands, by axis.
func (s *Subject) Standings(now Instant) []Standing {
	list := make([]Standing, len(s.axes))
	for i := range s.axes {
		a := &s.axes[i]
		at := a.advance(&a.State, now)
		used := a.Used + a.Held
		list[i] = Standing{
			Axis: a.Axis, Limit: a.limit, Capacity: a.capacity, Used: used,
			Available: max(a.capacity-used, 0), Full: a.when(&a.State, a.capacity, at),
		}
	}
	return list
}

// Save returns the states, by axis, and until when the subject is paused.
func (s *Subject) Save() ([]State, Instant) {
	states := make([]State, len(s.axes))
	for i, a := range s.axes {
		states[i] = a.State
		states[i].Log = append([]Mark(nil), a.Log...)
	}
	return states, s.pause
}

// Restore puts back what Save returned of a subject with as many axes.
func (s *Subject) Restore(states []State, pause Instant) error {
	if len(states) != len(s.axes) {
		return fmt.Errorf("limit: %d states for %d axes", len(states), len(s.axes))
	}
	for i, state := range states {
		a := &s.axes[i]
		a.State = state
		a.State.Log = append([]Mark(nil), state.Log...)
		a.counter = newCounter(a.Rule, state.Learned)
	}
	s.pause = pause
	return nil
}

// Unused reports whether a new subject would be no different.
func (s *Subject) Unused(now Instant) bool {
	for i := range s.axes {
		a := &s.axes[i]
		a.advance(&a.State, now)
		if a.Used > 0 || a.Held > 0 || a.Learned > 0 || a.Next > now {
			return false
		}
	}
	return s.pause <= now
}
