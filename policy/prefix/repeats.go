// How often prefixes come again, and how soon.

package prefix

import (
	"sync"
	"time"
)

// Lives of a prefix at Anthropic.
const (
	shortLife = 5 * time.Minute
	longLife  = time.Hour
)

const (
	maxPrefixes = 1 << 14 // hashes that are remembered
	forget      = 0.95    // what a past request still weighs after another one
)

// Repeats learns how likely a prefix comes again, by the place where it ends. It
// holds hashes, no text, in some 2 MB at most, and is safe for concurrent use.
type Repeats struct {
	mu     sync.Mutex
	last   map[uint64]time.Time
	places map[string]*odds
}

// NewRepeats returns a Repeats that has seen nothing.
func NewRepeats() *Repeats {
	return &Repeats{last: make(map[uint64]time.Time), places: make(map[string]*odds)}
}

// odds are weighted counts of the prefixes at a place, and of those that had
// been seen within a life before.
type odds struct{ all, short, long float64 }

// chance is the probability that a prefix comes again within each life.
type chance struct{ short, long float64 }

// note counts a prefix that ends at place, and tells how likely one comes again
// there. prior is what is believed of a place that was never seen, and weighs
// as much as two requests.
func (r *Repeats) note(place string, hash uint64, prior chance, now time.Time) chance {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.oddsOf(place)
	o.all, o.short, o.long = o.all*forget+1, o.short*forget, o.long*forget
	if last, ok := r.last[hash]; ok {
		if age := now.Sub(last); age <= shortLife {
			o.short, o.long = o.short+1, o.long+1
		} else if age <= longLife {
			o.long++
		}
	}
	r.remember(hash, now)
	const weight = 2
	return chance{(o.short + weight*prior.short) / (o.all + weight), (o.long + weight*prior.long) / (o.all + weight)}
}

func (r *Repeats) oddsOf(place string) *odds {
	return placed(r.places, place, func() *odds { return &odds{} })
}

// remember notes when a prefix was seen. Past a life it says nothing, so the
// dead ones are dropped when there are too many.
func (r *Repeats) remember(hash uint64, now time.Time) {
	if len(r.last) >= maxPrefixes {
		for other, at := range r.last {
			if now.Sub(at) > longLife || len(r.last) >= maxPrefixes {
				delete(r.last, other)
			}
		}
	}
	r.last[hash] = now
}
