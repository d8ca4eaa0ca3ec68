// When a limit is whole again, in each way that providers write it.

package word

import (
	"strconv"
	"strings"
	"time"
)

// maxReset is the longest reset that is believed; no limit runs longer.
const maxReset = 366 * 24 * time.Hour

// Reset is when a reset header says that all will be there again: after a
// duration such as "6m0s", "17ms" or "1d2h", after seconds such as "59.5", or
// at a time such as "2026-01-27T12:00:00Z" (RFC 3339). ok is false for what is
// none of these.
func Reset(value string, now time.Time) (at time.Time, ok bool) {
	value = strings.TrimSpace(value)
	if at, err := time.Parse(time.RFC3339, value); err == nil {
		return at, at.Sub(now) <= maxReset
	}
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		d := asDuration(seconds, time.Second)
		return now.Add(d), seconds >= 0 && d <= maxReset
	}
	d, ok := duration(value)
	if !ok || d < 0 || d > maxReset {
		return time.Time{}, false
	}
	return now.Add(d), true
}

// duration reads Go's syntax, which is OpenAI's, with days before it.
func duration(value string) (time.Duration, bool) {
	var sum time.Duration
	if days, rest, has := strings.Cut(value, "d"); has {
		n, err := strconv.ParseUint(days, 10, 9)
		if err != nil {
			return 0, false
		}
		if sum = time.Duration(n) * 24 * time.Hour; rest == "" {
			return sum, true
		}
		value = rest
	}
	d, err := time.ParseDuration(value)
	return sum + d, err == nil
}
