// What was saved, told by tenant, model and day.

package cache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/askonce/askonce/policy/price"
)

// ErrNoSavings means that the store keeps no counters.
var ErrNoSavings = errors.New("cache: the entry store keeps no savings")

// SavingsQuery asks what was saved.
type SavingsQuery struct {
	Tenant   string    // "" is all
	From, To time.Time // the first and the last UTC day; at most SavingsKept of them

	ByTenant, ByModel, ByDay bool // which of these the rows tell apart
}

// SavingsRow is what was saved by a tenant, with a model, on a day; "" where the
// query does not tell them apart.
type SavingsRow struct {
	Day, Tenant, Model string
	Saved
}

// Savings is what was saved.
type Savings struct {
	Rows  []SavingsRow // by day, tenant and model
	Total Saved

	Unpriced map[string]int64        // tokens without a price, by model
	Prices   map[string]*price.Price // that hold now, by model
}

// Savings tells what was saved. What other replicas counted in the last seconds
// may be missing. Errors: ErrNoSavings, ErrUnavailable.
func (c *Cache) Savings(ctx context.Context, q SavingsQuery) (*Savings, error) {
	if c.savings.counters == nil {
		return nil, ErrNoSavings
	}
	_ = c.savings.flush(ctx) // what cannot be written cannot be read either
	sum := &summing{
		query: q, rows: make(map[SavingsRow]*Saved),
		result: &Savings{Unpriced: make(map[string]int64), Prices: make(map[string]*price.Price)},
	}
	for day := q.From.UTC(); !day.After(q.To.UTC()); day = day.AddDate(0, 0, 1) {
		name := day.Format(time.DateOnly)
		counted, err := ask(ctx, c.store, patience{timeout: c.opts.WriteTimeout}, func(ctx context.Context) (map[string]int64, error) {
			return c.savings.counters.Counted(ctx, savingsBook(name))
		})
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		sum.day(name, counted, c.opts.Prices)
	}
	return sum.done(), nil
}

// summing is a report under way.
type summing struct {
	query  SavingsQuery
	rows   map[SavingsRow]*Saved // by what names them
	result *Savings
}

// day adds a day's counters.
func (s *summing) day(name string, counted map[string]int64, prices *price.Table) {
	for counter, n := range counted {
		p, m, ok := readCounterName(counter)
		if !ok || s.query.Tenant != "" && p.tenant != s.query.Tenant {
			continue
		}
		s.result.Total.add(m, n)
		s.row(name, p).add(m, n)
		if m == unpriced {
			s.result.Unpriced[p.model] += n
		}
		if known := prices.Find(p.model); known != nil {
			s.result.Prices[p.model] = known
		}
	}
}

// row is the sum that a counter goes into.
func (s *summing) row(day string, p payer) *Saved {
	var key SavingsRow
	if s.query.ByDay {
		key.Day = day
	}
	if s.query.ByTenant {
		key.Tenant = p.tenant
	}
	if s.query.ByModel {
		key.Model = p.model
	}
	if s.rows[key] == nil {
		s.rows[key] = &Saved{}
	}
	return s.rows[key]
}

func (s *summing) done() *Savings {
	for key, saved := range s.rows {
		key.Saved = *saved
		s.result.Rows = append(s.result.Rows, key)
	}
	slices.SortFunc(s.result.Rows, func(a, b SavingsRow) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Model, b.Model))
	})
	return s.result
}
