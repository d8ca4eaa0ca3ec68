// Time as the arithmetic sees it, and integers that do not overflow.

package limit

import (
	"math"
	"math/bits"
	"time"
)

// Instant is a point in time, in microseconds since the Unix epoch.
type Instant int64

const (
	// Never is the time of what cannot happen: the amount is above the limit.
	Never Instant = math.MaxInt64

	// OnRelease is the time of what waits for a call that is under way, and so
	// for no time that can be known.
	OnRelease = Never - 1
)

// At is t as an Instant, rounded down.
func At(t time.Time) Instant { return Instant(t.UnixMicro()) }

// Time is the Instant as a time. Never and OnRelease are far in the future.
func (i Instant) Time() time.Time { return time.UnixMicro(int64(i)) }

// Known reports whether i is a time, not Never or OnRelease.
func (i Instant) Known() bool { return i < OnRelease }

// Sub is the time from j to i.
func (i Instant) Sub(j Instant) time.Duration {
	micros := int64(i) - int64(j)
	if !i.Known() || micros > math.MaxInt64/1000 {
		return math.MaxInt64
	}
	return time.Duration(micros) * time.Microsecond
}

// after is micros later, and a time still.
func (i Instant) after(micros int64) Instant {
	return Instant(min(addSat(int64(i), micros), int64(OnRelease)-1))
}

// alignedTo is the beginning of the window that i lies in.
func (i Instant) alignedTo(window int64) Instant {
	into := int64(i) % window
	if into < 0 {
		into += window
	}
	return i - Instant(into)
}

// addSat is a + b for b >= 0, stopping at the largest integer.
func addSat(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// mulDiv is (a*b + c) / d and its remainder, for arguments that are not
// negative and c < d. A quotient that does not fit is the largest integer.
func mulDiv(a, b, c, d int64) (int64, int64) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	lo, carry := bits.Add64(lo, uint64(c), 0)
	hi += carry
	if hi >= uint64(d) {
		return math.MaxInt64, 0
	}
	quotient, rest := bits.Div64(hi, lo, uint64(d))
	if quotient > math.MaxInt64 {
		return math.MaxInt64, 0
	}
	return int64(quotient), int64(rest)
}

// mulDivUp is a*b / d, rounded up.
func mulDivUp(a, b, d int64) int64 {
	quotient, rest := mulDiv(a, b, 0, d)
	if rest > 0 {
		quotient++
	}
	return quotient
}

// lowestTerms is a / b with no common divisor.
func lowestTerms(a, b int64) (num, den int64) {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x, b / x
}
