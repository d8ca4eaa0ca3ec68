// The pump: who goes next, and what comes of trying for them.

package pace

import (
	"context"
	"time"

	"github.com/askonce/askonce/upstream/limit"
)

// wake starts the pump if there is somebody to try for, and otherwise sees to
// it that the timer will.
func (q *queue) wake() {
	if q.pumping || q.waiting == 0 {
		return
	}
	at := now()
	if w, _ := q.pick(at); w == nil {
		q.arm(at)
		return
	}
	q.pumping = true
	go q.pump()
}

// poke is the timer's: somebody's time has come.
func (q *queue) poke() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.pumping && q.waiting > 0 {
		q.pumping = true
		go q.pump()
	}
}

// pump tries for one waiter after the other until none is left that may.
func (q *queue) pump() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		q.expire(time.Now())
		at := now()
		w, ask := q.pick(at)
		if w == nil {
			q.pumping = false
			q.arm(at)
			return
		}
		q.again = false
		q.mu.Unlock()
		res := q.limiter.take(context.WithoutCancel(w.reservation.ctx), w.reservation, ask)
		q.mu.Lock()
		q.apply(w, res)
	}
}

// apply does what follows from a try for w.
func (q *queue) apply(w *waiter, res result) {
	l := &q.lanes[w.request.Lane]
	switch {
	case w.left && res.ok():
		q.mu.Unlock()
		q.limiter.giveBack(w.reservation)
		q.mu.Lock()
		q.unblock()
	case w.left:
	case res.err != nil:
		q.answer(w, res.err)
	case res.ok():
		l.spend(w)
		q.removed(w)
		q.inflight++
		q.pass(w.request)
		w.reservation.granted = time.Now()
		close(w.done)
	case res.verdict.At == limit.Never:
		q.answer(w, res.refusal(TooLarge))
	case q.again: // it may fit by now
	case res.byTenant:
		q.park(w.request.Tenant, q.until(res.verdict))
	default:
		l.blocked = q.until(res.verdict)
	}
}

// until is when to ask again: never at once, should the ledger's clock be behind.
func (q *queue) until(v limit.Verdict) limit.Instant {
	at := time.Now()
	if !v.At.Known() {
		return limit.At(at.Add(q.opts.Recheck))
	}
	if v.At <= limit.At(at) {
		return limit.At(at.Add(time.Millisecond))
	}
	return v.At
}

// pick is the waiter that goes next, and what it asks for; nil if none may.
//
// A lane that is due goes first: it has been passed long enough, leaves nothing
// and takes no turns. Otherwise lanes go in their order, and a lane
// whose next waiter was refused keeps all lanes below it waiting: what is freed
// is the refused waiter's, however large it is. Only lanes above may pass it,
// and they leave what it is owed.
func (q *queue) pick(at limit.Instant) (*waiter, limit.Ask) {
	q.unparkDue(at)
	for i := len(q.lanes) - 1; i > 0; i-- {
		l := &q.lanes[i]
		if l.blocked > at || !l.owed() {
			continue
		}
		if w := l.next(); w != nil && l.due(w) {
			return w, limit.Ask{Want: w.request.Deployment.Amounts}
		}
	}
	for i := range q.lanes {
		l := &q.lanes[i]
		w := l.next()
		if w == nil {
			continue
		}
		if l.blocked > at {
			return nil, limit.Ask{}
		}
		return w, q.ask(w.request, at.Time())
	}
	return nil, limit.Ask{}
}

// expire answers those who have waited as long as they can.
func (q *queue) expire(at time.Time) {
	for len(q.deadlines) > 0 && !q.deadlines[0].deadline.After(at) {
		q.answer(q.deadlines[0], &Refusal{Reason: Expired})
	}
}

// arm sets the timer for the next time at which something can change. What was
// due at the time of the last pick changes nothing.
func (q *queue) arm(picked limit.Instant) {
	if q.waiting == 0 {
		q.timer.Stop()
		return
	}
	next := q.deadlines[0].deadline
	sooner := func(i limit.Instant) {
		if i > picked && i.Time().Before(next) {
			next = i.Time()
		}
	}
	for i := range q.lanes {
		sooner(q.lanes[i].blocked)
	}
	if len(q.parking.next) > 0 {
		sooner(q.parking.next[0].until)
	}
	q.timer.Reset(max(time.Until(next), time.Microsecond))
}
