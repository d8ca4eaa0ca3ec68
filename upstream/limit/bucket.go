// A token bucket, counted as the debt that is still to run off: 0 is a full
// bucket.

package limit

// drain lets run off what is due by now.
func (c *counter) drain(s *State, now Instant) {
	if s.Used == 0 || now <= s.At {
		return
	}
	off, frac := mulDiv(int64(now-s.At), c.num, min(s.Frac, c.den-1), c.den)
	if off >= s.Used {
		s.Used, s.Frac = 0, 0
		return
	}
	s.Used, s.Frac = s.Used-off, frac
}

// drained is when the debt is down to room, 0 if it is.
func (c *counter) drained(s *State, room int64) Instant {
	if s.Used <= room {
		return 0
	}
	// The smallest t with (t*num + frac) / den >= due.
	due := s.Used - room
	t, rest := mulDiv(due, c.den, 0, c.num)
	ahead := min(s.Frac, c.den-1)
	t -= ahead / c.num
	if rest > ahead%c.num {
		t++
	}
	return s.At.after(t)
}

// pour counts n. A debt that begins runs off slack later, since the provider may
// hear of it that much later; so does one that is smaller than what runs off in
// slack. What is counted here is thereby never less than what is counted there.
func (c *counter) pour(s *State, n int64) {
	if s.Used <= c.margin {
		s.Used, s.Frac = c.margin, 0
	}
	s.Used = min(addSat(s.Used, n), maxDebt)
}

// undrained is how much of n, taken at the time at, has certainly not run off
// since. Without n the debt would be smaller by n, unless it was smaller than n
// at some time in between. The least that it can have been is its value after
// the grant, less all that ran off or was refunded since.
func (c *counter) undrained(s *State, n int64, at Instant, floor int64) int64 {
	off, rest := mulDiv(int64(max(s.At-at, 0)), c.num, 0, c.den)
	if rest > 0 {
		off = addSat(off, 1)
	}
	least := floor - s.Refunded
	if off >= least {
		return 0
	}
	return min(n, least-off)
}
