// What was saved and spent: counted in memory, without a lock on the way of a
// hit, and added to the day's sums in the store every few seconds.

package cache

import (
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy/price"
)

// payer is who would have paid for which model.
type payer struct{ tenant, model string }

const (
	// maxPayers bounds those that a replica tells apart on one day; what comes
	// later is counted under others.
	maxPayers = 1000

	// maxPayer bounds the names of a payer together, in bytes.
	maxPayer = 180
)

// others stands for models and tenants that are not told apart. No tenant is
// called so, since names of tenants have no brackets.
const others = "(others)"

// tally is what one payer has saved and spent since the last flush.
type tally struct {
	price *price.Price // nil: the model has none
	sums  [measures]atomic.Int64
}

// savings counts for all payers.
type savings struct {
	c        *Cache
	counters Counters // nil: the store keeps none, and nothing is counted
	tallies  atomic.Pointer[map[payer]*tally]
	growing  sync.Mutex // held to replace tallies

	flushing sync.Mutex
	flushed  unflushed
}

func newSavings(c *Cache) *savings {
	s := &savings{c: c}
	s.counters, _ = c.opts.Store.(Counters)
	s.tallies.Store(&map[payer]*tally{})
	s.flushed = unflushed{writer: rand.Text(), day: today(), waiting: make(map[string]map[string]int64)}
	return s
}

// of is the tally of a payer.
func (s *savings) of(tenant, model string) *tally {
	p := payer{tenant, model}
	if t := (*s.tallies.Load())[p]; t != nil {
		return t
	}
	return s.grow(p)
}

// grow adds a payer. The map that others read is replaced, never changed.
func (s *savings) grow(p payer) *tally {
	s.growing.Lock()
	defer s.growing.Unlock()
	now := *s.tallies.Load()
	model := p.model
	if len(p.tenant)+len(p.model) > maxPayer || hasControls(p.model) {
		p.model = others
	}
	if len(now) >= maxPayers {
		p = payer{others, others}
	}
	if t := now[p]; t != nil {
		return t
	}
	grown := make(map[payer]*tally, len(now)+1)
	for other, t := range now {
		grown[other] = t
	}
	t := &tally{}
	if p.model == model { // others have many prices, or none
		t.price = s.c.opts.Prices.Find(model)
	}
	grown[p] = t
	s.tallies.Store(&grown)
	return t
}

func hasControls(name string) bool {
	for i := range len(name) {
		if name[i] < ' ' {
			return true
		}
	}
	return false
}

// looked counts a lookup, whose entry is nil if it missed.
func (s *savings) looked(req *Request, layer Layer, entry *Entry, took time.Duration) {
	if s.counters == nil {
		return
	}
	t := s.of(req.Tenant, req.Model)
	t.sums[requests].Add(1)
	if entry == nil {
		return
	}
	if layer == LayerSemantic {
		t.sums[semanticHits].Add(1)
	} else {
		t.sums[exactHits].Add(1)
	}
	if entry.Took > took {
		t.sums[hitTime].Add((entry.Took - took).Milliseconds())
	}
	if entry.HasUsage {
		t.hit(entry.Usage)
	}
}

func (t *tally) hit(u llm.Usage) {
	t.sums[hitInput].Add(u.Input)
	t.sums[hitOutput].Add(u.Output)
	if cost, ok := t.price.Of(u); ok {
		t.sums[hitUSD].Add(int64(cost.Total))
	} else {
		t.sums[unpriced].Add(u.Input + u.Output)
	}
}

// joined counts a request that shares a call.
func (s *savings) joined(req *Request) {
	if s.counters == nil {
		return
	}
	t := s.of(req.Tenant, req.Model)
	t.sums[requests].Add(1)
	t.sums[joined].Add(1)
}

// Spent counts what a call to the provider used; model is the one that
// answered.
func (c *Cache) Spent(tenant, model string, u llm.Usage) {
	if c.savings.counters == nil {
		return
	}
	t := c.savings.of(tenant, model)
	t.sums[calls].Add(1)
	t.sums[input].Add(u.Input)
	t.sums[cached].Add(u.Cached)
	t.sums[written].Add(u.Written)
	t.sums[output].Add(u.Output)
	if cost, ok := t.price.Of(u); ok {
		t.sums[spentUSD].Add(int64(cost.Total))
		t.sums[prefixUSD].Add(int64(cost.Prefix))
	} else {
		t.sums[unpriced].Add(u.Input + u.Output)
	}
}
