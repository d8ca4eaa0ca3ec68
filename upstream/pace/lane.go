// One lane: its tenants take turns by deficit round robin.

package pace

import (
	"time"

	"github.com/askonce/askonce/upstream/limit"
)

// waiter is one call in a lane.
type waiter struct {
	reservation *Reservation
	request     *Request
	cost        int64
	deadline    time.Time
	flow        *flow
	prev, next  *waiter
	place       int // in the heap of deadlines; -1 outside

	left bool          // no longer in the lane
	err  error         // set before done is closed, unless granted
	done chan struct{} // closed when the waiter has its answer
}

// flow is what one tenant has waiting in a lane, oldest first.
type flow struct {
	tenant      string
	first, last *waiter
	count       int
	bytes       int64
	amounts     limit.Amounts // of the deployment
	limits      limit.Amounts // of the tenant
	deficit     int64         // tokens that it may spend in this turn
	credited    bool          // this turn's quantum is in the deficit
	suspended   bool          // its tenant waits for itself, and takes no turns
	prev, next  *flow         // in the ring
}

// lane holds the flows of one lane; those that take turns are in a ring.
type lane struct {
	quantum int64
	flows   map[string]*flow
	turning int   // how many flows are in the ring
	turn    *flow // whose turn it is
	count   int
	bytes   int64
	amounts limit.Amounts

	blocked limit.Instant // its next waiter was refused until then
	credit  [len(limit.Amounts{})]float64
}

// push adds w to its tenant's flow, which joins the ring behind all others.
func (l *lane) push(w *waiter) {
	f := l.flows[w.request.Tenant]
	if f == nil {
		f = &flow{tenant: w.request.Tenant}
		l.flows[f.tenant] = f
		l.join(f)
	}
	w.flow, w.prev = f, f.last
	if f.last != nil {
		f.last.next = w
	} else {
		f.first = w
	}
	f.last = w
	l.count++
	f.count++
	l.bytes += int64(w.request.Bytes)
	f.bytes += int64(w.request.Bytes)
	l.amounts = l.amounts.Plus(w.request.Deployment.Amounts)
	f.amounts = f.amounts.Plus(w.request.Deployment.Amounts)
	f.limits = f.limits.Plus(w.request.TenantLimits.Amounts)
}

// remove takes w out, wherever it stands.
func (l *lane) remove(w *waiter) {
	f := w.flow
	if w == f.first && f == l.turn {
		l.blocked = 0 // whoever comes next was not refused
	}
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		f.first = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		f.last = w.prev
	}
	w.left, w.prev, w.next = true, nil, nil
	l.count--
	f.count--
	l.bytes -= int64(w.request.Bytes)
	f.bytes -= int64(w.request.Bytes)
	l.amounts = minus(l.amounts, w.request.Deployment.Amounts)
	f.amounts = minus(f.amounts, w.request.Deployment.Amounts)
	f.limits = minus(f.limits, w.request.TenantLimits.Amounts)
	if f.count == 0 {
		l.drop(f)
	}
}

// spend charges w, which was granted, to its tenant.
func (l *lane) spend(w *waiter) {
	w.flow.deficit -= w.cost
	l.remove(w)
}

// next is the waiter that goes first: the oldest of the tenant whose turn it is.
// It stays the next until it is removed or its tenant is suspended. It is nil if
// there is none.
func (l *lane) next() *waiter {
	if l.turn == nil {
		return nil
	}
	for {
		var rounds int64 = -1 // how many more turns the nearest tenant needs
		for range l.turning {
			f := l.turn
			if w := l.afford(f); w != nil {
				return w
			}
			missing := (f.first.cost - f.deficit + l.quantum - 1) / l.quantum
			if rounds < 0 || missing < rounds {
				rounds = missing
			}
			f.credited = false
			l.turn = f.next
		}
		l.payTurns(rounds - 1)
	}
}

// afford is f's oldest waiter if f can pay for it in this turn.
func (l *lane) afford(f *flow) *waiter {
	if !f.credited {
		f.deficit += l.quantum
		f.credited = true
	}
	if f.deficit >= f.first.cost {
		return f.first
	}
	return nil
}

// payTurns gives every tenant the turns in which nobody could pay.
func (l *lane) payTurns(turns int64) {
	f := l.turn
	for range l.turning {
		f.deficit += turns * l.quantum
		f = f.next
	}
}

// join puts f into the ring, last before the tenant whose turn it is.
func (l *lane) join(f *flow) {
	l.turning++
	if l.turn == nil {
		f.prev, f.next, l.turn = f, f, f
		return
	}
	f.prev, f.next = l.turn.prev, l.turn
	f.prev.next, f.next.prev = f, f
}

// part takes f out of the ring.
func (l *lane) part(f *flow) {
	l.turning--
	if l.turning == 0 {
		l.turn = nil
		return
	}
	f.prev.next, f.next.prev = f.next, f.prev
	if l.turn == f {
		l.turn = f.next
	}
}

// suspend lets a tenant take no turns for now. What it has left to spend it
// keeps.
func (l *lane) suspend(tenant string) {
	if f := l.flows[tenant]; f != nil && !f.suspended {
		f.suspended = true
		if f == l.turn {
			l.blocked = 0 // whoever comes next was not refused
		}
		l.part(f)
	}
}

// resume lets a tenant take turns again.
func (l *lane) resume(tenant string) {
	if f := l.flows[tenant]; f != nil && f.suspended {
		f.suspended = false
		l.join(f)
	}
}

// drop forgets f, which is empty. What it did not spend is lost.
func (l *lane) drop(f *flow) {
	delete(l.flows, f.tenant)
	if !f.suspended {
		l.part(f)
	}
}

// longest is the flow that holds most of the lane, by places or by bytes.
func (l *lane) longest(size func(*flow) int64) *flow {
	var most *flow
	for _, f := range l.flows {
		if most == nil || size(f) > size(most) {
			most = f
		}
	}
	return most
}

// ahead is about what goes before another call of tenant: all of its own, and
// of every other tenant as much, if it has that.
func (l *lane) ahead(tenant string, want limit.Amounts) limit.Amounts {
	var own limit.Amounts
	others := int64(l.turning)
	if f := l.flows[tenant]; f != nil {
		own = f.amounts
		if !f.suspended {
			others--
		}
	}
	sum := own
	for u := range sum {
		fair := min(own[u]+max(want[u], 0), 1<<40) * others
		sum[u] += min(l.amounts[u]-own[u], fair)
	}
	return sum
}

// minus is a - b, where b is part of a.
func minus(a, b limit.Amounts) limit.Amounts {
	for u := range a {
		a[u] -= max(b[u], 0)
	}
	return a
}
