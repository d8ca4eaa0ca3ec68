// Waiting: whether it is worth it, and until when.

package pace

import (
	"context"
	"errors"
	"time"

	"github.com/askonce/askonce/upstream/limit"
)

// wait queues r until it is granted. It does not begin if r would have to wait
// longer than it can. refused is the verdict of a try that was just made.
func (r *Reservation) wait(refused limit.Verdict) error {
	deadline := r.deadline()
	expected, err := r.project(r.ctx)
	if err != nil {
		return err
	}
	if !refused.OK && refused.At.Known() {
		expected.verdict.At = max(expected.verdict.At, refused.At)
	}
	switch {
	case expected.verdict.At == limit.Never:
		return expected.refusal(TooLarge)
	case r.request.MaxWait < 0 || expected.verdict.At.Time().After(deadline):
		return expected.refusal(TooLong)
	}
	w := &waiter{
		reservation: r, request: &r.request, cost: r.request.cost(),
		deadline: deadline, place: -1, done: make(chan struct{}),
	}
	if err := r.queue.enqueue(w); err != nil {
		return r.explained(err)
	}
	select {
	case <-w.done:
	case <-r.ctx.Done():
		if r.queue.leave(w) {
			return r.ctx.Err()
		}
		<-w.done
		if w.err == nil {
			return errors.Join(r.ctx.Err(), r.Cancel())
		}
	}
	return r.explained(w.err)
}

// deadline is until when r can wait.
func (r *Reservation) deadline() time.Time {
	wait := r.request.MaxWait
	if wait == 0 {
		wait = r.limiter.opts.MaxWait[r.request.Lane]
	}
	deadline := r.begun.Add(wait)
	if d, ok := r.ctx.Deadline(); ok && d.Before(deadline) {
		return d
	}
	return deadline
}

// project is when r would be granted, as it looks now, and whose limit it waits
// for.
func (r *Reservation) project(ctx context.Context) (result, error) {
	ledger, req := r.limiter.opts.Ledger, &r.request
	ask, ahead, tenantAhead := r.queue.ahead(req)
	res := result{subject: req.Deployment.Subject}
	var err error
	res.verdict, err = ledger.Project(ctx, res.subject, ahead, ask)
	if err != nil {
		return res, err
	}
	if s := req.TenantLimits.Subject; s != "" {
		v, err := ledger.Project(ctx, s, tenantAhead, limit.Ask{Want: req.TenantLimits.Amounts})
		if err != nil {
			return res, err
		}
		if v.At > res.verdict.At {
			res = result{verdict: v, subject: s, byTenant: true}
		}
	}
	if res.verdict.At == limit.OnRelease {
		res.verdict.At = limit.At(time.Now().Add(r.queue.whenReleased()))
	}
	return res, nil
}

// explained adds to a refusal when the request would fit, and whose limit is in
// the way.
func (r *Reservation) explained(err error) error {
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Subject != "" || refusal.Reason == Closed {
		return err
	}
	expected, projectErr := r.project(r.after())
	if projectErr != nil {
		return err
	}
	return expected.refusal(refusal.Reason)
}
