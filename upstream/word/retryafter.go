// How long a provider asks to be left alone.

package word

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// MaxPause is how long a provider keeps everybody away that asks for longer.
// One call finds out then whether it still means it: a wrong answer must not stop
// a service for good.
const MaxPause = 10 * time.Minute

// RetryAfter is how long the provider asks to be left alone: retry-after-ms,
// or Retry-After in seconds or as a date. 0 if it does not ask.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil {
		return asDuration(ms, time.Millisecond)
	}
	value := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(value, 64); err == nil {
		return asDuration(s, time.Second)
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(date.Sub(now), 0)
	}
	return 0
}

// asDuration keeps what no duration can hold at the longest one, and takes
// negative values and NaN for none.
func asDuration(n float64, unit time.Duration) time.Duration {
	switch d := n * float64(unit); {
	case d >= math.MaxInt64:
		return math.MaxInt64
	case d > 0:
		return time.Duration(math.Ceil(d))
	}
	return 0
}
