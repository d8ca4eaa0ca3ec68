// The limiter: a request in, a reservation or a refusal out.

package pace

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/askonce/askonce/upstream/limit"
)

// Limiter takes calls from the limits of tenants and deployments, and lets them
// wait where that is worth it. It is safe for concurrent use.
type Limiter struct {
	opts Options

	mu     sync.RWMutex
	queues map[string]*queue // by deployment
	closed bool
}

// New checks opts and returns a Limiter.
func New(opts Options) (*Limiter, error) {
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("pace: %w", err)
	}
	opts.setDefaults()
	return &Limiter{opts: opts, queues: make(map[string]*queue)}, nil
}

// Close refuses those who wait and all who come. What was granted can still be
// settled.
func (l *Limiter) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	for _, q := range l.all() {
		q.close()
	}
}

// Reserve takes req from its limits, waiting if it must and can. The error is a
// *Refusal, ctx's if the caller gave up, or the ledger's.
func (l *Limiter) Reserve(ctx context.Context, req Request) (*Reservation, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &Reservation{limiter: l, ctx: ctx, request: req, begun: time.Now()}
	if err := r.request.prepare(); err != nil {
		return nil, fmt.Errorf("pace: %w", err)
	}
	var err error
	if r.queue, err = l.queue(req.Deployment.Subject); err != nil {
		return nil, err
	}
	ask, ok := r.queue.enter(&r.request, r.begun)
	if !ok {
		return r.orNil(r.wait(limit.Verdict{OK: true}))
	}
	switch res := l.take(ctx, r, ask); {
	case res.err != nil:
		return nil, res.err
	case !res.ok() && res.verdict.At == limit.Never:
		return nil, res.refusal(TooLarge)
	case !res.ok():
		return r.orNil(r.wait(res.verdict))
	}
	r.granted = r.begun
	r.queue.entered(&r.request)
	return r, nil
}

// result is what came of a try.
type result struct {
	verdict  limit.Verdict
	subject  string // of the verdict
	byTenant bool   // the tenant's own limits refused
	err      error
}

func (r result) ok() bool { return r.err == nil && r.verdict.OK }

// refusal says why there is nothing to wait for.
func (r result) refusal(reason Reason) *Refusal {
	refusal := &Refusal{Reason: reason, Subject: r.subject, Axis: r.verdict.Axis}
	if r.verdict.At.Known() {
		refusal.RetryAfter = max(time.Until(r.verdict.At.Time()), 0)
	}
	return refusal
}

// take takes from the tenant's limits and then from the deployment's, or from
// neither.
func (l *Limiter) take(ctx context.Context, r *Reservation, ask limit.Ask) result {
	tenant := result{subject: r.request.TenantLimits.Subject, byTenant: true}
	if tenant.subject != "" {
		want := limit.Ask{Want: r.request.TenantLimits.Amounts}
		r.tenant, tenant.verdict, tenant.err = l.opts.Ledger.Take(ctx, tenant.subject, want)
		if !tenant.ok() {
			return tenant
		}
	}
	res := result{subject: r.request.Deployment.Subject}
	r.deployment, res.verdict, res.err = l.opts.Ledger.Take(ctx, res.subject, ask)
	if !res.ok() && tenant.subject != "" {
		bill := Bill{Unsent: true}
		if err := l.opts.Ledger.Settle(r.after(), tenant.subject, r.tenant, bill); err != nil {
			res.err = errors.Join(res.err, err)
		}
	}
	return res
}

// giveBack returns what was taken for a caller that has left.
func (l *Limiter) giveBack(r *Reservation) {
	unsent := Bill{Unsent: true}
	_ = r.settle(unsent, unsent) // nobody is left to be told; an estimate stays counted
}

func (l *Limiter) queue(deployment string) (*queue, error) {
	l.mu.RLock()
	q, closed := l.queues[deployment], l.closed
	l.mu.RUnlock()
	if closed {
		return nil, &Refusal{Reason: Closed}
	}
	if q != nil {
		return q, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if q = l.queues[deployment]; q == nil {
		q = newQueue(l, deployment)
		q.closed = l.closed
		l.queues[deployment] = q
	}
	return q, nil
}

func (l *Limiter) all() []*queue {
	l.mu.RLock()
	defer l.mu.RUnlock()
	list := make([]*queue, 0, len(l.queues))
	for _, q := range l.queues {
		list = append(list, q)
	}
	return list
}

// unpark tells the other deployments' queues that a tenant's call ended.
func (l *Limiter) unpark(tenant string, own *queue) {
	own.unpark(tenant)
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, q := range l.queues {
		if q != own {
			q.unpark(tenant)
		}
	}
}

// Waiting is how a deployment's queue stands.
type Waiting struct {
	Calls    [3]int   // by lane
	Bytes    [3]int64 // that they hold, by lane
	InFlight int      // granted and not settled
}

// Waiting tells how the queue of a deployment stands.
func (l *Limiter) Waiting(deployment string) Waiting {
	var w Waiting
	l.mu.RLock()
	q := l.queues[deployment]
	l.mu.RUnlock()
	if q == nil {
		return w
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	w.InFlight = q.inflight
	for i := range q.lanes {
		w.Calls[i], w.Bytes[i] = q.lanes[i].count, q.lanes[i].bytes
	}
	return w
}
