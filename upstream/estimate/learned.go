// What is learned of models: how many tokens a count stands for, and how long
// their answers are.

package estimate

import (
	"math"
	"sync"
)

// factor is the moving mean of reported to counted tokens.
type factor struct {
	mean  float64
	count int
}

const (
	factorMemory = 16 // calls that the mean goes back over

	// A model reports between a quarter of what is counted and eight times of
	// it, or the count was of something else.
	leastFactor, mostFactor = 0.25, 8.0
)

func (f *factor) value() float64 {
	if f.count == 0 {
		return 1
	}
	return f.mean
}

func (f *factor) learn(ratio float64) {
	if !(ratio > 0) {
		return
	}
	f.count = min(f.count+1, factorMemory)
	f.mean += (min(max(ratio, leastFactor), mostFactor) - f.mean) / float64(f.count)
}

// lengths is a histogram of answers' tokens, with four buckets to each
// doubling. Old ones fade: it halves when it is full.
type lengths struct {
	total   float64
	buckets [lengthBuckets]float64
}

const (
	perDoubling   = 4
	lengthBuckets = 20*perDoubling + 1 // up to a million tokens
	lengthMemory  = 512
	leastLengths  = 5 // that must have been seen before they are believed
)

func (l *lengths) learn(tokens int64) {
	if l.total >= lengthMemory {
		l.total /= 2
		for i := range l.buckets {
			l.buckets[i] /= 2
		}
	}
	at := int(math.Ceil(perDoubling * math.Log2(float64(max(tokens, 1)))))
	l.buckets[min(at, lengthBuckets-1)]++
	l.total++
}

// quantile is a length that the share q of the answers does not pass; ok is
// false while too few are known.
func (l *lengths) quantile(q float64) (tokens int64, ok bool) {
	if l.total < leastLengths {
		return 0, false
	}
	sum := 0.0
	for i, n := range l.buckets {
		if sum += n; sum >= q*l.total {
			return int64(math.Ceil(math.Pow(2, float64(i)/perDoubling))), true
		}
	}
	return 1 << 20, true
}

// bounded is a bounded map of what is learned. Names come from callers: when it
// is full, any one goes for a new one.
type bounded[K comparable, V any] struct {
	mu  sync.Mutex
	max int
	of  map[K]*V
}

func newBounded[K comparable, V any](most int) *bounded[K, V] {
	return &bounded[K, V]{max: most, of: make(map[K]*V)}
}

// with calls do with the value of key, which is made if there is none.
func (b *bounded[K, V]) with(key K, do func(*V)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.of[key]
	if v == nil {
		if len(b.of) >= b.max {
			for any := range b.of {
				delete(b.of, any)
				break
			}
		}
		v = new(V)
		b.of[key] = v
	}
	do(v)
}
