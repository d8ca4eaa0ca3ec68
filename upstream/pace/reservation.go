// A granted request, until it is settled.

package pace

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/askonce/askonce/upstream/limit"
)

// Reservation is what was taken for one call. It ends with Settle or Cancel,
// of which the first counts. It is safe for concurrent use.
type Reservation struct {
	limiter *Limiter
	queue   *queue
	ctx     context.Context // of the request; what follows it outlives its cancellation
	request Request
	begun   time.Time
	granted time.Time

	tenant, deployment limit.Grant
	over               atomic.Bool
}

// Waited is how long the request waited for its grant.
func (r *Reservation) Waited() time.Duration { return r.granted.Sub(r.begun) }

// Settle replaces the estimates by what the call used at the deployment and by
// the tenant's own counting. It is for calls that were sent, also for those
// that failed or broke off: with what the provider counted of them.
func (r *Reservation) Settle(deployment, tenant limit.Amounts) error {
	return r.end(Bill{Used: deployment}, Bill{Used: tenant})
}

// Cancel gives everything back: the call was not sent. After Settle it does
// nothing, so that it can be deferred.
func (r *Reservation) Cancel() error {
	return r.end(Bill{Unsent: true}, Bill{Unsent: true})
}

// Adjust passes on what the provider's answer said about the deployment.
func (r *Reservation) Adjust(word Word) error {
	return r.limiter.opts.Ledger.Adjust(r.after(), r.request.Deployment.Subject, r.deployment, word)
}

func (r *Reservation) end(deployment, tenant Bill) error {
	if r.over.Swap(true) {
		return nil
	}
	err := r.settle(deployment, tenant)
	r.queue.released(time.Since(r.granted))
	if r.request.TenantLimits.Subject != "" {
		r.limiter.unpark(r.request.Tenant, r.queue)
	}
	return err
}

func (r *Reservation) settle(deployment, tenant Bill) error {
	ledger, ctx := r.limiter.opts.Ledger, r.after()
	deployment.Used[limit.Calls], tenant.Used[limit.Calls] = 1, 1
	err := ledger.Settle(ctx, r.request.Deployment.Subject, r.deployment, deployment)
	if s := r.request.TenantLimits.Subject; s != "" {
		err = errors.Join(err, ledger.Settle(ctx, s, r.tenant, tenant))
	}
	return err
}

// after is the context of what has to be done even if the caller is gone.
func (r *Reservation) after() context.Context { return context.WithoutCancel(r.ctx) }

// orNil is r unless there is an error.
func (r *Reservation) orNil(err error) (*Reservation, error) {
	if err != nil {
		return nil, err
	}
	return r, nil
}
