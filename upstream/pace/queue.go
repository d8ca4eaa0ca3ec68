// The queue in front of one deployment: who may try at once, who waits, who
// leaves.

package pace

import (
	"container/heap"
	"sync"
	"time"

	"github.com/askonce/askonce/upstream/limit"
)

// queue belongs to one deployment. At most one goroutine of its own runs, the
// pump, and only while there is somebody to try for.
type queue struct {
	opts    *Options
	limiter *Limiter
	name    string

	mu        sync.Mutex
	lanes     [lanes]lane
	waiting   int
	deadlines deadlines
	parking   parking
	recent    recent
	pumping   bool
	again     bool // something changed while the pump was trying
	closed    bool
	timer     *time.Timer
	inflight  int
	held      time.Duration // how long a call takes, a moving mean
}

func newQueue(l *Limiter, name string) *queue {
	q := &queue{opts: &l.opts, limiter: l, name: name, parking: parking{tenants: make(map[string]*parked)}}
	for i := range q.lanes {
		q.lanes[i] = lane{quantum: l.opts.Quantum, flows: make(map[string]*flow)}
	}
	q.timer = time.AfterFunc(time.Hour, q.poke)
	q.timer.Stop()
	return q
}

// enter tells whether r may try at once, and what it asks for: it may if nobody
// waits who goes before it. Who waits for a tenant's own limits does not.
func (q *queue) enter(r *Request, at time.Time) (limit.Ask, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r.Lane == P0 {
		q.recent.saw(r.Deployment.Amounts, at)
	}
	for i := range q.lanes[:r.Lane+1] {
		if q.lanes[i].turning > 0 {
			return limit.Ask{}, false
		}
	}
	return q.ask(r, at), !q.closed
}

// entered accounts for a call that was granted without waiting.
func (q *queue) entered(r *Request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.inflight++
	q.pass(r)
}

// enqueue lets w wait, or tells why it cannot.
func (q *queue) enqueue(w *waiter) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return &Refusal{Reason: Closed}
	}
	if !q.makeRoom(w) {
		return &Refusal{Reason: Full}
	}
	q.lanes[w.request.Lane].push(w)
	if q.parking.tenants[w.request.Tenant] != nil {
		q.lanes[w.request.Lane].suspend(w.request.Tenant)
	}
	heap.Push(&q.deadlines, w)
	q.waiting++
	q.wake()
	return nil
}

// makeRoom reports whether w finds room in its lane. In a full lane it does if
// the tenant with the most waiting has more than w's tenant would have; that
// tenant's latest call leaves for it.
func (q *queue) makeRoom(w *waiter) bool {
	l := &q.lanes[w.request.Lane]
	bytes := int64(w.request.Bytes)
	if bytes > q.opts.MaxBytes {
		return false
	}
	own := func() flow {
		if f := l.flows[w.request.Tenant]; f != nil {
			return *f
		}
		return flow{}
	}()
	for l.count >= q.opts.MaxWaiting {
		most := l.longest(func(f *flow) int64 { return int64(f.count) })
		if most.count <= own.count+1 {
			return false
		}
		q.answer(most.last, &Refusal{Reason: Evicted})
	}
	for l.bytes+bytes > q.opts.MaxBytes {
		most := l.longest(func(f *flow) int64 { return f.bytes })
		if most.bytes <= own.bytes+bytes {
			return false
		}
		q.answer(most.last, &Refusal{Reason: Evicted})
	}
	return true
}

// leave takes w out of the queue at once, and reports whether it still was
// without an answer.
func (q *queue) leave(w *waiter) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w.left {
		return false
	}
	q.remove(w)
	q.wake()
	return true
}

// answer takes w out of the queue and tells it err, or that it was granted.
func (q *queue) answer(w *waiter, err error) {
	q.remove(w)
	w.err = err
	close(w.done)
}

func (q *queue) remove(w *waiter) {
	l := &q.lanes[w.request.Lane]
	l.remove(w)
	q.removed(w)
}

func (q *queue) removed(w *waiter) {
	if w.place >= 0 {
		heap.Remove(&q.deadlines, w.place)
	}
	q.waiting--
	if l := &q.lanes[w.request.Lane]; l.count == 0 {
		l.credit, l.blocked = [len(l.credit)]float64{}, 0
	}
}

// released is told when a call ended or its limits were given back: what was
// refused may fit now.
func (q *queue) released(took time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.inflight--
	if q.held == 0 {
		q.held = took
	}
	q.held += (took - q.held) / 8
	q.unblock()
}

// unblock lets everybody be tried for again.
func (q *queue) unblock() {
	for i := range q.lanes {
		q.lanes[i].blocked = 0
	}
	q.again = true
	q.wake()
}

// unpark lets a tenant's calls be tried for again.
func (q *queue) unpark(tenant string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.again = true // it may be the one that the pump is trying for
	if q.unparkTenant(tenant) {
		q.wake()
	}
}

// ahead is what r will ask for, and what goes before it, of the deployment and
// of the tenant's limits.
func (q *queue) ahead(r *Request) (ask limit.Ask, deployment, tenant limit.Amounts) {
	q.mu.Lock()
	defer q.mu.Unlock()
	ask = q.ask(r, time.Now())
	for i := range q.lanes {
		l := &q.lanes[i]
		switch {
		case Lane(i) < r.Lane:
			deployment = deployment.Plus(l.amounts)
		case Lane(i) == r.Lane:
			deployment = deployment.Plus(l.ahead(r.Tenant, r.Deployment.Amounts))
		}
		if f := l.flows[r.Tenant]; f != nil && Lane(i) <= r.Lane {
			tenant = tenant.Plus(f.limits)
		}
	}
	return ask, deployment, tenant
}

// whenReleased is a guess at how long another call waits for calls to end.
func (q *queue) whenReleased() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.held * time.Duration(q.waiting+1) / time.Duration(max(q.inflight, 1))
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for len(q.deadlines) > 0 {
		q.answer(q.deadlines[0], &Refusal{Reason: Closed})
	}
	q.timer.Stop()
}
