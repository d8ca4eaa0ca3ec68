// What a provider limits: the rules, and what is wrong with them.

package simulator

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Unit is what a limit counts.
type Unit string

// The units that providers limit.
const (
	Requests     Unit = "requests"
	Tokens       Unit = "tokens" // input and output together
	InputTokens  Unit = "input_tokens"
	OutputTokens Unit = "output_tokens"
	Calls        Unit = "calls" // at the same time
)

var units = []Unit{Requests, Tokens, InputTokens, OutputTokens, Calls}

// Counting is the way in which a limit counts over its window.
type Counting string

// The ways of counting. A day from midnight to midnight UTC is a FixedWindow of
// 24 hours, a rolling day a SlidingWindow of as much.
const (
	TokenBucket    Counting = "token_bucket"     // fills evenly, up to the burst
	SlidingWindow  Counting = "sliding_window"   // any interval as long as the window
	FixedWindow    Counting = "fixed_window"     // from multiples of the window since the Unix epoch
	FirstUseWindow Counting = "first_use_window" // from the first call after the last window ended
)

var countings = []Counting{TokenBucket, SlidingWindow, FixedWindow, FirstUseWindow}

// Limit is what one API key may use of one model.
type Limit struct {
	Unit   Unit
	Amount int64

	// Window is what Amount is counted over, and Counting how. 0 is a minute, ""
	// a SlidingWindow. Calls have neither.
	Window   time.Duration
	Counting Counting

	// Burst is what a TokenBucket holds when it is full. 0 is Amount.
	Burst int64
}

// Charge is when the tokens of a call are counted.
type Charge string

// The ways to charge. A call that does not bound its output is let in by its
// prompt, and its output counted when it ends, whatever the way.
const (
	ChargeSettled   Charge = "settled"    // prompt and max_tokens when it comes, replaced by the usage when it ends
	ChargeMaxTokens Charge = "max_tokens" // prompt and max_tokens when it comes, and kept
	ChargeUsage     Charge = "usage"      // nothing until it ends; it is let in if its prompt would fit
)

var charges = []Charge{ChargeSettled, ChargeMaxTokens, ChargeUsage}

// window is Window or its default.
func (l Limit) window() time.Duration {
	if l.Window == 0 {
		return time.Minute
	}
	return l.Window
}

// capacity is what can be counted at once.
func (l Limit) capacity() int64 {
	if l.Burst != 0 {
		return l.Burst
	}
	return l.Amount
}

// String is the limit as [ParseLimits] reads it.
func (l Limit) String() string {
	if l.Unit == Calls {
		return fmt.Sprintf("%s=%d", l.Unit, l.Amount)
	}
	s := fmt.Sprintf("%s=%d/%s", l.Unit, l.Amount, short(l.window()))
	if l.Counting != "" {
		s += ":" + string(l.Counting)
	}
	if l.Burst != 0 {
		s += fmt.Sprintf(":burst=%d", l.Burst)
	}
	return s
}

// short writes a duration without the units that it has none of: 24h, not
// 24h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// validateLimits returns every problem at once.
func validateLimits(list []Limit) error {
	var problems []error
	for i, l := range list {
		problem := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("Limits[%d] %s: %w", i, l.Unit, fmt.Errorf(format, args...)))
		}
		if !slices.Contains(units, l.Unit) {
			problem("is none of %s", join(units))
		}
		if l.Amount < 1 {
			problem("%d is less than 1; leave the limit out where there is none", l.Amount)
		}
		if l.Window < 0 || l.Burst < 0 {
			problem("window and burst must not be negative")
		}
		if l.Counting != "" && !slices.Contains(countings, l.Counting) {
			problem("counting %q is none of %s", l.Counting, join(countings))
		}
		if l.Burst != 0 && l.Counting != TokenBucket {
			problem("only a %s has a burst", TokenBucket)
		}
		if l.Unit == Calls && (l.Window != 0 || l.Counting != "") {
			problem("are counted while they last; leave window and counting out")
		}
	}
	return errors.Join(problems...)
}

// join lists words for people.
func join[S ~string](words []S) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	return strings.Join(list, ", ")
}
