package upstream

import (
	"sync/atomic"
	"time"
)

// lately is a value that is asked for anew only after a while: asking a ledger
// that is shared costs a round trip. One caller asks, the others go on with
// what was known before.
type lately[T any] struct {
	until atomic.Int64 // Unix microseconds
	value atomic.Pointer[T]
}

// get is the value, for which ask is called if it is older than life; known is
// false while the first answer is awaited.
func (l *lately[T]) get(now time.Time, life time.Duration, ask func() T) (value T, known bool) {
	until := l.until.Load()
	if now.UnixMicro() >= until && l.until.CompareAndSwap(until, now.Add(life).UnixMicro()) {
		fresh := ask()
		l.value.Store(&fresh)
	}
	if last := l.value.Load(); last != nil {
		return *last, true
	}
	return value, false
}
