// The retry budget: a token bucket that calls and time fill and retries empty.

package upstream

import (
	"sync"
	"time"
)

// budget holds the retries that are earned and not spent. It is safe for
// concurrent use.
type budget struct {
	rule RetryBudget

	mu     sync.Mutex
	tokens float64
	last   time.Time // when time was last credited
}

func newBudget(rule RetryBudget, now time.Time) *budget {
	return &budget{rule: rule, tokens: rule.Burst, last: now}
}

// earn credits one call.
func (b *budget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens = min(b.tokens+b.rule.Ratio, b.rule.Burst)
}

// spend takes one retry, and reports whether there was one.
func (b *budget) spend(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if elapsed := now.Sub(b.last); elapsed > 0 {
		b.tokens = min(b.tokens+b.rule.PerSecond*elapsed.Seconds(), b.rule.Burst)
		b.last = now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
