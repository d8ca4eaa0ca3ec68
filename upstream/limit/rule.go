// How one axis is counted, as its provider declares it.

package limit

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Counting is the way in which a provider counts.
type Counting uint8

const (
	// TokenBucket fills at Limit per Window, up to Burst.
	TokenBucket Counting = iota + 1

	// SlidingWindow allows Limit in every interval as long as Window. What
	// keeps to it also keeps to a bucket with that Burst and to a fixed window
	// of any alignment, which makes it the choice where a provider does not
	// say how it counts.
	SlidingWindow

	// FirstUseWindow allows Limit in a window that begins with the first call
	// after the last one ended. Where it begins at the provider cannot be known
	// here to the microsecond, so it is counted as a SlidingWindow.
	FirstUseWindow

	// FixedWindow allows Limit in windows that begin at whole multiples of
	// Window since the Unix epoch: minutes of the clock, say.
	FixedWindow

	// UTCDay is a FixedWindow from midnight to midnight, UTC.
	UTCDay

	// RollingDay is a SlidingWindow of 24 hours.
	RollingDay

	// Concurrency allows Limit at the same time.
	Concurrency
)

var countings = map[Counting]string{
	TokenBucket:    "token_bucket",
	SlidingWindow:  "sliding_window",
	FirstUseWindow: "first_use_window",
	FixedWindow:    "fixed_window",
	UTCDay:         "utc_day",
	RollingDay:     "rolling_day",
	Concurrency:    "concurrency",
}

// String is the name that configuration uses, such as "token_bucket".
func (c Counting) String() string {
	if name, ok := countings[c]; ok {
		return name
	}
	return fmt.Sprintf("counting(%d)", uint8(c))
}

// MarshalText is String for what was declared.
func (c Counting) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what String writes.
func (c *Counting) UnmarshalText(text []byte) error {
	for counting, name := range countings {
		if name == string(text) {
			*c = counting
			return nil
		}
	}
	return fmt.Errorf("unknown counting %q: use one of token_bucket, sliding_window, first_use_window, "+
		"fixed_window, utc_day, rolling_day, concurrency", text)
}

const (
	day = 24 * time.Hour

	// maxLimit keeps every amount, and what is worked out from it, exact in a
	// double.
	maxLimit = 1 << 50

	minWindow = time.Millisecond
	maxWindow = 366 * day
)

// Rule is how one axis is counted.
type Rule struct {
	Counting Counting

	// Limit is how much is allowed per Window, or at a time. At least 1.
	Limit int64

	// Window is what Limit is counted over. 0 is a minute, or the day of those
	// that count days. Without a meaning for Concurrency.
	Window time.Duration

	// Burst is what a TokenBucket holds when it is full. 0 is Limit.
	Burst int64

	// Slack is how much the way of two calls to the provider may differ, and
	// its clock from this one. 0 trusts both to be exact. A window counts as
	// that much longer; near the edges of a fixed one nothing is taken; a
	// bucket's debt is paid that much later.
	Slack time.Duration

	// AtEnd says that the provider counts a call's real usage when the call
	// ends. Until then the estimate is held, and does not run off.
	AtEnd bool

	// Keeps says that the provider keeps what a call asked for and did not use,
	// as those do that count max_tokens.
	Keeps bool
}

// Validate returns every problem at once.
func (r Rule) Validate() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if countings[r.Counting] == "" {
		problem("counting: is required, such as %s", SlidingWindow)
	}
	if r.Limit < 1 || r.Limit > maxLimit {
		problem("limit: %d is not between 1 and 2^50; leave the axis out where there is no limit", r.Limit)
	}
	if r.Window != 0 && (r.Window < minWindow || r.Window > maxWindow) {
		problem("window: %s is not between %s and %s", r.Window, minWindow, maxWindow)
	}
	if r.countsDays() && r.Window != 0 && r.Window != day {
		problem("window: %s counts 24h; leave the window out", r.Counting)
	}
	if r.Burst < 0 || r.Burst > maxLimit {
		problem("burst: %d is not between 0 and 2^50", r.Burst)
	}
	if r.Burst != 0 && r.Counting != TokenBucket {
		problem("burst: only token_bucket has one; for %s the burst is the limit", r.Counting)
	}
	if r.Slack < 0 || r.Slack > r.Span()/4 {
		problem("slack: %s is not between 0 and a quarter of the window", r.Slack)
	}
	return errors.Join(problems...)
}

// Span is what the limit is counted over: Window, or its default.
func (r Rule) Span() time.Duration { return time.Duration(r.window()) * time.Microsecond }

// Rate is what the limit comes to per microsecond, in lowest terms.
func (r Rule) Rate() (num, den int64) { return lowestTerms(r.Limit, r.window()) }

func (r Rule) countsDays() bool { return r.Counting == UTCDay || r.Counting == RollingDay }

// window is what the limit is counted over, in microseconds.
func (r Rule) window() int64 {
	switch {
	case r.countsDays():
		return day.Microseconds()
	case r.Window == 0:
		return time.Minute.Microseconds()
	}
	return r.Window.Microseconds()
}

// String describes the rule in a line: "500 per 1m0s, token_bucket".
func (r Rule) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d", r.Limit)
	if r.Counting == Concurrency {
		return b.String() + " at a time"
	}
	fmt.Fprintf(&b, " per %s, %s", r.Span(), r.Counting)
	if r.Burst != 0 && r.Burst != r.Limit {
		fmt.Fprintf(&b, " of %d", r.Burst)
	}
	return b.String()
}
