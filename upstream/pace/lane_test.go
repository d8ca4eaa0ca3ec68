// Round robin: whatever comes and goes, tenants that wait are served alike.

package pace

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/askonce/askonce/upstream/limit"
)

func TestTenantsThatWaitAreServedAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &lane{quantum: rapid.Int64Range(1, 2_000).Draw(t, "quantum"), flows: make(map[string]*flow)}
		tenants := []string{"a", "b", "c"}
		cost := rapid.Int64Range(1, 5_000)
		served, largest := map[string]int64{}, int64(1)
		push := func(tenant string) {
			w := &waiter{request: &Request{Tenant: tenant}, cost: cost.Draw(t, "cost")}
			w.request.Deployment.Amounts[limit.TotalTokens] = w.cost
			largest = max(largest, w.cost)
			l.push(w)
		}
		for range 200 {
			for _, tenant := range tenants { // each has some waiting all the time
				for f := l.flows[tenant]; f == nil || f.count < 2; f = l.flows[tenant] {
					push(tenant)
				}
			}
			w := l.next()
			if again := l.next(); again != w {
				t.Fatal("the next one changed without a reason")
			}
			if w != w.flow.first {
				t.Fatal("not the tenant's oldest")
			}
			served[w.request.Tenant] += w.cost
			l.spend(w)
			if f := l.flows[tenants[0]]; f.count > 1 && rapid.Bool().Draw(t, "cancel") {
				l.remove(f.last)
			}
		}
		least := min(served["a"], served["b"], served["c"])
		most := max(served["a"], served["b"], served["c"])
		if most-least > 2*(l.quantum+largest) {
			t.Fatalf("quantum %d, largest %d: served %v", l.quantum, largest, served)
		}
	})
}

func TestALaneKeepsItsSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &lane{quantum: 100, flows: make(map[string]*flow)}
		var model []*waiter
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				w := &waiter{request: &Request{
					Tenant: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "tenant"),
					Bytes:  rapid.IntRange(0, 9).Draw(t, "bytes"),
				}, cost: rapid.Int64Range(1, 900).Draw(t, "cost")}
				w.request.Deployment.Amounts[limit.TotalTokens] = w.cost
				l.push(w)
				model = append(model, w)
			},
			"remove": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("empty")
				}
				i := rapid.IntRange(0, len(model)-1).Draw(t, "which")
				l.remove(model[i])
				model = slices.Delete(model, i, i+1)
			},
			"next": func(t *rapid.T) {
				skipped := rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "skipped")
				l.suspend(skipped)
				defer l.resume(skipped)
				w := l.next()
				first := slices.IndexFunc(model, func(m *waiter) bool { return m.request.Tenant != skipped })
				switch {
				case w == nil && first >= 0:
					t.Fatal("nobody is next, but somebody waits")
				case w != nil:
					oldest := slices.IndexFunc(model, func(m *waiter) bool { return m.request.Tenant == w.request.Tenant })
					if w.request.Tenant == skipped || model[oldest] != w {
						t.Fatal("not the oldest of a tenant that may go")
					}
					l.spend(w)
					model = slices.Delete(model, oldest, oldest+1)
				}
			},
			"": func(t *rapid.T) {
				var bytes, tokens int64
				for _, w := range model {
					bytes += int64(w.request.Bytes)
					tokens += w.cost
				}
				if l.count != len(model) || l.bytes != bytes || l.amounts[limit.TotalTokens] != tokens {
					t.Fatalf("%d waiters, %d bytes, %v; want %d, %d, %d", l.count, l.bytes, l.amounts, len(model), bytes, tokens)
				}
			},
		})
	})
}
