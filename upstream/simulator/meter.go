// One limit's count, kept as providers keep it: a log of what was let in.

package simulator

import (
	"slices"
	"time"
)

// never is the wait for what is above the limit.
const never = time.Duration(-1)

// entry is something counted. Its amount changes when its call is settled.
type entry struct {
	at time.Time
	n  int64
}

// meter counts one limit of one key and model. Windows keep every entry that
// they still count; nothing is rounded. A bucket keeps what has not run off
// yet, its debt. Who uses it holds the account's lock.
type meter struct {
	Limit
	log   []*entry  // of windows, oldest first
	start time.Time // of a first-use window, when it began
	debt  float64   // of a bucket, at the time of level
	level time.Time
	held  int64 // calls under way
}

// tolerance is what a bucket forgives for arithmetic, in tokens.
const tolerance = 1e-6

// count is what the limit counts at a time that is not before any earlier one.
func (m *meter) count(now time.Time) float64 {
	if m.Unit == Calls {
		return float64(m.held)
	}
	if m.Counting == TokenBucket {
		m.debt = max(m.debt-m.rate()*now.Sub(m.level).Seconds(), 0)
		m.level = now
		return m.debt
	}
	m.forget(now)
	var sum int64
	for _, e := range m.log {
		sum += e.n
	}
	return float64(sum)
}

// rate is what runs off a bucket in a second.
func (m *meter) rate() float64 { return float64(m.Amount) / m.window().Seconds() }

// forget drops what the window has left behind.
func (m *meter) forget(now time.Time) {
	var begin time.Time // entries from before it are over
	switch m.Counting {
	case FixedWindow:
		begin = m.aligned(now)
	case FirstUseWindow:
		if now.Sub(m.start) >= m.window() {
			m.log = m.log[:0]
		}
		return
	default:
		begin = now.Add(1 - m.window()) // half-open: what is as old as the window is over
	}
	gone := 0
	for gone < len(m.log) && m.log[gone].at.Before(begin) {
		gone++
	}
	m.log = slices.Delete(m.log, 0, gone)
}

// aligned is the beginning of the fixed window that t lies in.
func (m *meter) aligned(t time.Time) time.Time {
	return t.Add(-time.Duration(t.UnixNano() % int64(m.window())))
}

// add counts n, whether it fits or not.
func (m *meter) add(n int64, now time.Time) *entry {
	e := &entry{at: now, n: n}
	switch {
	case m.Unit == Calls:
		m.held += n
	case m.Counting == TokenBucket:
		m.debt = m.count(now) + float64(n)
	default:
		m.forget(now)
		if len(m.log) == 0 {
			m.start = now
		}
		m.log = append(m.log, e)
	}
	return e
}

// remove takes n of an entry back: a window counts less where the entry stands,
// a bucket gets it back now.
func (m *meter) remove(e *entry, n int64, now time.Time) {
	switch {
	case m.Unit == Calls:
		m.held -= n
	case m.Counting == TokenBucket:
		m.debt = max(m.count(now)-float64(n), 0)
	}
	e.n -= n
}

// wait is how long until n more fit: 0 for now, never if they do not even fit
// alone. For calls under way it cannot be known, and is a second.
func (m *meter) wait(n int64, now time.Time) time.Duration {
	room := float64(m.capacity() - n) // what may be counted beside
	counted := m.count(now)
	switch {
	case room < 0:
		return never
	case counted <= room+tolerance:
		return 0
	case m.Unit == Calls:
		return time.Second
	case m.Counting == TokenBucket:
		return time.Duration((counted - room) / m.rate() * float64(time.Second))
	}
	return m.expiry(counted-room, now)
}

// expiry is how long until a window has left so much of its log behind.
func (m *meter) expiry(excess float64, now time.Time) time.Duration {
	switch m.Counting {
	case FixedWindow:
		return m.aligned(now).Add(m.window()).Sub(now)
	case FirstUseWindow:
		return m.start.Add(m.window()).Sub(now)
	}
	for _, e := range m.log {
		if excess -= float64(e.n); excess <= 0 {
			return e.at.Add(m.window()).Sub(now)
		}
	}
	return 0
}

// full is how long until nothing is counted any more.
func (m *meter) full(now time.Time) time.Duration {
	if counted := m.count(now); counted > 0 {
		return m.wait(m.capacity(), now)
	}
	return 0
}
