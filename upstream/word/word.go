// Headers in, a word out.

package word

import (
	"net/http"
	"strconv"
	"time"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

// said is what a group of headers says of one unit.
type said struct {
	unit      limit.Unit
	limit     int64         // 0: not said
	remaining int64         // -1: not said
	reset     time.Time     // zero: not said
	window    time.Duration // 0: not said
}

// group is where a provider writes about one unit: the names with "limit",
// "remaining" and "reset" put in.
type group struct {
	unit                    limit.Unit
	limit, remaining, reset string // canonical header names
}

var groups = [...]group{
	{limit.Requests, "X-Ratelimit-Limit-Requests", "X-Ratelimit-Remaining-Requests", "X-Ratelimit-Reset-Requests"},
	{limit.TotalTokens, "X-Ratelimit-Limit-Tokens", "X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Reset-Tokens"},
	{limit.Requests, "Anthropic-Ratelimit-Requests-Limit", "Anthropic-Ratelimit-Requests-Remaining", "Anthropic-Ratelimit-Requests-Reset"},
	{limit.TotalTokens, "Anthropic-Ratelimit-Tokens-Limit", "Anthropic-Ratelimit-Tokens-Remaining", "Anthropic-Ratelimit-Tokens-Reset"},
	{limit.InputTokens, "Anthropic-Ratelimit-Input-Tokens-Limit", "Anthropic-Ratelimit-Input-Tokens-Remaining", "Anthropic-Ratelimit-Input-Tokens-Reset"},
	{limit.OutputTokens, "Anthropic-Ratelimit-Output-Tokens-Limit", "Anthropic-Ratelimit-Output-Tokens-Remaining", "Anthropic-Ratelimit-Output-Tokens-Reset"},
}

// Read is what the headers of an answer say about a subject with these axes.
// refused says that the answer is a refusal, after which a provider that asks
// for a pause gets one. It is the zero Word if they say nothing.
func Read(h http.Header, axes []limit.Axis, refused bool, now time.Time) pace.Word {
	var w pace.Word
	for i := range groups {
		if s, ok := groups[i].read(h, now); ok {
			w.Axes = s.appendTo(w.Axes, axes, now)
		}
	}
	for _, s := range draft(h, now) {
		w.Axes = s.appendTo(w.Axes, axes, now)
	}
	if asked := RetryAfter(h, now); refused && asked > 0 {
		w.Pause = limit.At(now.Add(min(asked, MaxPause)))
	}
	return w
}

func (g *group) read(h http.Header, now time.Time) (said, bool) {
	s := said{unit: g.unit, remaining: -1}
	total, left := h[g.limit], h[g.remaining]
	if len(total) > 0 {
		s.limit, _ = count(total[0])
	}
	if len(left) > 0 {
		if n, ok := count(left[0]); ok {
			s.remaining = n
		}
	}
	if resets := h[g.reset]; len(resets) > 0 {
		if at, ok := Reset(resets[0], now); ok {
			s.reset = at
		}
	}
	return s, s.limit > 0 || s.remaining >= 0
}

// maxCount is the largest count that is believed; a double holds it exactly.
const maxCount = 1 << 53

// count reads a number that is not negative.
func count(value string) (int64, bool) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 || n > maxCount {
		return 0, false
	}
	return n, true
}

// appendTo puts what was said in the terms of the axis that it is about.
func (s said) appendTo(words []limit.Word, axes []limit.Axis, now time.Time) []limit.Word {
	axis := s.axis(axes, now)
	if axis == nil {
		return words
	}
	w := limit.Word{Axis: axis.Name, Limit: s.limit, Remaining: s.remaining}
	if !s.reset.IsZero() {
		w.Reset = limit.At(s.reset)
	}
	return append(words, w)
}

// axis is the one that s is about: of those that count its unit, the one whose
// limit it tells, or else the one with the shortest window into which the reset
// fits, or the longest of all. nil if none counts its unit.
func (s said) axis(axes []limit.Axis, now time.Time) *limit.Axis {
	var best *limit.Axis
	reset := max(s.window, s.reset.Sub(now))
	if s.reset.IsZero() {
		reset = s.window
	}
	for i := range axes {
		a := &axes[i]
		switch {
		case a.Unit != s.unit:
			continue
		case s.limit > 0 && a.Rule.Limit == s.limit:
			return a
		case best == nil:
			best = a
			continue
		}
		fits, bestFits := reset <= window(a), reset <= window(best)
		if (fits && !bestFits) || (fits == bestFits && (window(a) < window(best)) == fits) {
			best = a
		}
	}
	return best
}

// window is what an axis counts over.
func window(a *limit.Axis) time.Duration {
	switch {
	case a.Rule.Counting == limit.UTCDay || a.Rule.Counting == limit.RollingDay:
		return 24 * time.Hour
	case a.Rule.Window == 0:
		return time.Minute
	}
	return a.Rule.Window
}
