// How many calls a deployment has at a time.

package upstream

import (
	"sync"
	"time"
)

// load counts calls under way, and the most that there were of late.
type load struct {
	mu     sync.Mutex
	now    int
	peaks  [2]int // of this period and of the one before
	period int64
}

// peakPeriod is how long a peak is remembered, and up to twice as long.
const peakPeriod = 5 * time.Minute

func (l *load) enter(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turnTo(at)
	l.now++
	l.peaks[0] = max(l.peaks[0], l.now)
}

func (l *load) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now--
}

// read is how many calls there are now, and the most of late.
func (l *load) read(at time.Time) (now, peak int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turnTo(at)
	return l.now, max(l.peaks[0], l.peaks[1])
}

func (l *load) turnTo(at time.Time) {
	period := at.UnixNano() / int64(peakPeriod)
	switch {
	case period == l.period:
		return
	case period == l.period+1:
		l.peaks[1] = l.peaks[0]
	default:
		l.peaks[1] = l.now
	}
	l.peaks[0], l.period = l.now, period
}
