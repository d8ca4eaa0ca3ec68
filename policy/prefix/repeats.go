// How often prefixes come again, and how soon.

package prefix

import (
	"hash/maphash"
	"sync"
	"time"
)

// Lives of a prefix at Anthropic.
const (
	shortLife = 5 * time.Minute
	longLife  = time.Hour
)

const (
	maxPrefixes = 1 << 15 // hashes that are remembered for certain, and up to as many others
	maxCuts     = 1 << 14
	maxPlaces   = 1024
	forget      = 0.95 // what a past request still weighs after another one
)

// Repeats learns how likely a prefix comes again, by the place where it ends. It
// holds hashes, no text, in some 5 MB at most, and is safe for concurrent use.
type Repeats struct {
	seed maphash.Seed

	mu            sync.Mutex
	latest, older map[uint64]time.Time // when prefixes were seen
	cuts          map[uint64]int       // of texts that were seen as a whole
	places        map[string]*odds
}

// NewRepeats returns a Repeats that has seen nothing.
func NewRepeats() *Repeats {
	return &Repeats{seed: maphash.MakeSeed(), latest: make(map[uint64]time.Time), cuts: make(map[uint64]int), places: make(map[string]*odds)}
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
	if last, ok := r.when(hash); ok {
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

// oddsOf are the odds of a place. Of too many places it forgets any: those that
// live come back.
func (r *Repeats) oddsOf(place string) *odds {
	if known := r.places[place]; known != nil {
		return known
	}
	if len(r.places) >= maxPlaces {
		for other := range r.places {
			delete(r.places, other)
			break
		}
	}
	r.places[place] = &odds{}
	return r.places[place]
}

// cut is where a text is cut: behind the last paragraph up to which a prefix was
// seen within a life, 0 for nowhere; and where it was cut before, if it was seen as
// a whole: another cut would make other blocks of it. All are seen now.
func (r *Repeats) cut(whole uint64, ends []paragraphEnd, now time.Time) (at int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, end := range ends {
		if last, ok := r.when(end.hash); ok && now.Sub(last) <= longLife {
			at = end.at
		}
		r.remember(end.hash, now)
	}
	if before, known := r.cuts[whole]; known {
		return before
	}
	if len(r.cuts) >= maxCuts {
		clear(r.cuts)
	}
	r.cuts[whole] = at
	return at
}

// when is when a prefix was seen last.
func (r *Repeats) when(hash uint64) (time.Time, bool) {
	at, ok := r.latest[hash]
	if !ok {
		at, ok = r.older[hash]
	}
	return at, ok
}

// remember notes when a prefix was seen. Of too many those are forgotten that were
// not seen since the others.
func (r *Repeats) remember(hash uint64, now time.Time) {
	if len(r.latest) >= maxPrefixes {
		r.older, r.latest = r.latest, make(map[uint64]time.Time)
	}
	r.latest[hash] = now
}
