// Shares by weight, spread evenly.

package route

import (
	"cmp"
	"slices"
	"sync"
)

// Balancer gives each of several choices its share of the turns. It spreads
// them: of ten turns at 60 to 40, no more than two in a row are the same's
// (smooth weighted round robin, as nginx does it). It is safe for concurrent
// use.
type Balancer struct {
	mu      sync.Mutex
	credits []float64
}

// NewBalancer returns a balancer of n choices.
func NewBalancer(n int) *Balancer {
	return &Balancer{credits: make([]float64, n)}
}

// Order is the choices, those first whose turn it is. Weights are by choice and
// may change from turn to turn. What has no weight (0) takes no turn and comes
// last, in the order given.
func (b *Balancer) Order(weights []float64) []int {
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	sum := 0.0
	for i, w := range weights {
		sum += w
		b.credits[i] += w
	}
	slices.SortStableFunc(order, func(i, j int) int {
		if weights[i] > 0 && weights[j] > 0 {
			return cmp.Compare(b.credits[j], b.credits[i])
		}
		return cmp.Compare(weights[j], weights[i])
	})
	if sum > 0 {
		b.credits[order[0]] -= sum
	}
	return order
}
