// Windows: the log of a sliding one, and the edges of a fixed one.

package limit

// expire forgets the marks that no window from now on reaches back to.
func (c *counter) expire(s *State, now Instant) {
	gone := 0
	for gone < len(s.Log) && c.leaves(s.Log[gone]) <= now {
		s.Used -= s.Log[gone].N
		gone++
	}
	if gone > 0 {
		s.Log = s.Log[:copy(s.Log, s.Log[gone:])]
		s.Used = max(s.Used, 0)
	}
}

// leaves is when a mark no longer counts. A window holds both its ends.
func (c *counter) leaves(m Mark) Instant { return m.At.after(c.window + c.slack + 1) }

// expired is when no more than room is counted, 0 if it is not now.
func (c *counter) expired(s *State, room int64) Instant {
	used := s.Used
	if used <= room {
		return 0
	}
	for _, m := range s.Log {
		if used -= m.N; used <= room {
			return c.leaves(m)
		}
	}
	return 0
}

// log notes n at the time at. Marks begin at least a grain apart, which bounds
// how many there are; what is taken within a grain counts as taken at its end.
func (c *counter) log(s *State, n int64, at Instant) {
	last := len(s.Log) - 1
	if last < 0 || at >= s.Start.after(c.grain) {
		s.Log = append(s.Log, Mark{At: at, N: n})
		s.Start = at
		return
	}
	i := last
	for i > 0 && s.Log[i-1].At >= at {
		i--
	}
	s.Log[i].N = min(addSat(s.Log[i].N, n), maxDebt)
	s.Log[i].At = max(s.Log[i].At, at)
}

// unlog removes up to n from the mark that holds what was taken at the time at,
// and returns how much that is: nothing if the mark may be gone, since the first
// one that is left would be another's.
func (c *counter) unlog(s *State, n int64, at Instant) int64 {
	if c.leaves(Mark{At: at}) <= s.At {
		return 0
	}
	for i := range s.Log {
		if m := &s.Log[i]; m.At >= at {
			n = min(n, m.N)
			m.N -= n
			return n
		}
	}
	return 0
}

// inWindow is the earliest time from which room suffices for what a fixed
// window counts, away from the edges.
func (c *counter) inWindow(s *State, room int64, from Instant) Instant {
	start := from.alignedTo(c.window)
	end := start.after(c.window)
	full := start == s.At.alignedTo(c.window) && s.Used > room
	switch {
	case full || from >= end-Instant(c.slack):
		return end.after(c.slack)
	case from < start.after(c.slack):
		return start.after(c.slack)
	}
	return from
}
