// A rule made ready to count by, and the counting that all rules share.

package limit

import "time"

// shape is what a counting comes down to.
type shape uint8

const (
	bucket shape = iota
	sliding
	fixed
	held // nothing but what is held
)

// grains bounds a sliding window's log, and thereby its error.
const grains = 128

// longestEven is the longest window that background work is spread over. Over
// a day's limit a job of a hundred calls would take hours without need.
const longestEven = time.Hour

// State is what one axis has counted, at the time that it was last asked. Its
// zero value has counted nothing.
type State struct {
	At   Instant `json:"at"`             // the latest time seen
	Used int64   `json:"used"`           // counted by the rule; above the capacity when overdrawn
	Held int64   `json:"held,omitempty"` // of calls under way, counted when they end

	Frac int64 `json:"frac,omitempty"` // of a bucket: what has run off beyond whole units, in 1/den

	Log   []Mark  `json:"log,omitempty"`   // of a sliding window, oldest first
	Start Instant `json:"start,omitempty"` // when the last mark was begun

	Next Instant `json:"next,omitempty"` // when evenly spread work may go on

	Learned   int64 `json:"learned,omitempty"`   // limit that the provider told, below the rule's; 0 for none
	Refunded  int64 `json:"refunded,omitempty"`  // of a bucket: all that was ever refunded
	Corrected int64 `json:"corrected,omitempty"` // all that was ever counted at the provider's word
}

// Mark is an amount of a sliding window, counted as if taken at one time, which
// is that of its latest part.
type Mark struct {
	At Instant `json:"at"`
	N  int64   `json:"n"`
}

// counter is a rule with the limit in force, made ready.
type counter struct {
	shape    shape
	keeps    bool
	atEnd    bool
	even     bool
	limit    int64
	capacity int64 // what may be counted at once: the limit or the burst
	window   int64 // microseconds, as are slack and grain
	slack    int64
	grain    int64
	num, den int64 // a bucket runs off by num/den per microsecond
	margin   int64 // what runs off a bucket in slack
}

// newCounter is r with the limit that the provider told; 0 for none.
func newCounter(r Rule, learned int64) counter {
	c := counter{keeps: r.Keeps, atEnd: r.AtEnd, limit: r.Limit, window: r.window(), slack: r.Slack.Microseconds()}
	burst := r.Limit
	if r.Burst != 0 {
		burst = r.Burst
	}
	if learned > 0 && learned < r.Limit {
		scaled, _ := mulDiv(burst, learned, 0, r.Limit)
		c.limit, burst = learned, max(scaled, 1)
	}
	c.capacity = c.limit
	switch r.Counting {
	case TokenBucket:
		c.shape, c.capacity = bucket, burst
	case FixedWindow, UTCDay:
		c.shape = fixed
	case Concurrency:
		c.shape, c.atEnd = held, true
	default:
		c.shape = sliding
	}
	c.even = (c.shape == sliding || c.shape == fixed) && c.window <= longestEven.Microseconds()
	c.grain = (c.window + grains - 1) / grains
	c.num, c.den = lowestTerms(c.limit, c.window)
	c.margin = mulDivUp(c.slack, c.num, c.den)
	return c
}

// advance brings s to now, or leaves it where it is if the clock went back a
// little, and returns the time that s is at.
func (c *counter) advance(s *State, now Instant) Instant {
	if now < s.At {
		if int64(s.At-now) <= c.window {
			return s.At
		}
		s.rebase(now)
	}
	switch c.shape {
	case bucket:
		c.drain(s, now)
	case sliding:
		c.expire(s, now)
	case fixed:
		if now.alignedTo(c.window) > s.At.alignedTo(c.window) {
			s.Used = 0
		}
	}
	s.At = now
	return now
}

// rebase takes a clock that was set back by far for one that stood still.
func (s *State) rebase(now Instant) {
	back := s.At - now
	s.At, s.Start, s.Next = now, s.Start-back, s.Next-back
	for i := range s.Log {
		s.Log[i].At -= back
	}
}

// when is the earliest time from which need fits, not before from. s is at a
// time not after from, and need is not above the capacity.
func (c *counter) when(s *State, need int64, from Instant) Instant {
	room := c.capacity - s.Held - need // what may be counted beside
	if room < 0 {
		return OnRelease
	}
	switch c.shape {
	case bucket:
		return max(from, c.drained(s, room))
	case sliding:
		return max(from, c.expired(s, room))
	case fixed:
		return c.inWindow(s, room, from)
	}
	return from
}

// take counts n, which fits.
func (c *counter) take(s *State, n int64, now Instant) {
	if c.atEnd {
		s.Held += n
		return
	}
	if c.shape == bucket {
		c.pour(s, n)
		return
	}
	c.charge(s, n, now)
}

// charge counts n whether it fits or not.
func (c *counter) charge(s *State, n int64, now Instant) {
	switch {
	case n <= 0 || c.shape == held:
		return
	case c.shape == sliding:
		c.log(s, n, now)
	}
	s.Used = min(addSat(s.Used, n), maxDebt)
	if c.even {
		s.Next = max(s.Next, now).after(mulDivUp(n, c.den, c.num))
	}
}

// maxDebt bounds what an axis is overdrawn by, so that sums stay exact in a
// double.
const maxDebt = 1 << 52

// refund takes back n of what a grant counted at the time at. floor is the
// grant's, and of use to a bucket only.
func (c *counter) refund(s *State, n int64, at Instant, floor int64) {
	switch {
	case n <= 0 || c.shape == held:
		return
	case c.shape == bucket:
		n = c.undrained(s, n, at, floor)
		s.Refunded += n
	case c.shape == sliding:
		n = c.unlog(s, n, at)
	case at.alignedTo(c.window) != s.At.alignedTo(c.window):
		return
	}
	n = min(n, s.Used)
	s.Used -= n
	if c.even {
		s.Next -= Instant(mulDivUp(n, c.den, c.num))
	}
}

// project is the earliest time by which ahead and then n, which is not above the
// capacity, can have been taken if nobody else comes.
func (c *counter) project(s *State, ahead, n int64, now Instant) Instant {
	total := addSat(ahead, n)
	if c.shape == bucket && s.Held == 0 && total > c.capacity {
		beyond := mulDivUp(total-c.capacity, c.den, c.num)
		return c.when(s, c.capacity, now).after(beyond)
	}
	rounds := (total - 1) / c.capacity
	first := c.when(s, total-rounds*c.capacity, now)
	if rounds == 0 || !first.Known() {
		return first
	}
	if c.shape == held {
		return OnRelease
	}
	length, _ := mulDiv(rounds, c.window+c.slack+1, 0, 1)
	return first.after(length)
}
