// A turn: one try's place at a deployment, from its reservation to what it
// used in the end.

package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream/estimate"
	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
	"github.com/askonce/askonce/upstream/word"
)

// turn is what a try holds. It ends once.
type turn struct {
	choice
	client      *Client
	demand      estimate.Demand
	counted     bool              // the demand is one, not nothing
	reservation *pace.Reservation // nil: neither deployment nor tenant is limited
	over        atomic.Bool
}

// reserve takes the call's place, waiting up to wait; negative does not wait.
// The error is a *pace.Refusal, the context's or the ledger's.
func (t *turn) reserve(ctx context.Context, call *llm.Call, wait time.Duration) (err error) {
	request := pace.Request{
		Lane: laneOf(call.Lane), Tenant: call.Tenant,
		Deployment: pace.Claim{Subject: t.subjectFor(call), Amounts: t.amounts(&t.demand)},
		Bytes:      len(call.Body),
		MaxWait:    wait,
	}
	if call.TenantLimits != "" {
		request.TenantLimits = pace.Claim{Subject: call.TenantLimits, Amounts: amounts(t.demand.Input, t.demand.Output)}
	}
	t.reservation, err = t.client.limiter.Reserve(ctx, request)
	if err != nil && !isRefusal(err) && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", errLedger, err)
	}
	return err
}

func laneOf(l llm.Lane) pace.Lane {
	switch l {
	case llm.LaneInteractive:
		return pace.P0
	case llm.LaneBackground:
		return pace.P2
	}
	return pace.P1
}

// amounts is one request with so many tokens.
func amounts(input, output int64) limit.Amounts {
	return limit.Amounts{
		limit.Requests: 1, limit.InputTokens: input, limit.OutputTokens: output, limit.TotalTokens: input + output,
	}
}

// amounts is what a call of demand wants of the deployment. An answer that is
// expected to be longer than the limits ever allow may still be shorter: it
// is asked for what they do allow, if its input fits.
func (d *deployment) amounts(demand *estimate.Demand) limit.Amounts {
	output := demand.Output
	if d.charges && demand.Allowed > 0 {
		output = demand.Allowed
	}
	for _, axis := range d.Limits {
		most := axis.Rule.Limit
		if axis.Rule.Burst > 0 {
			most = axis.Rule.Burst
		}
		switch {
		case axis.Unit == limit.TotalTokens && demand.Input < most:
			output = min(output, most-demand.Input)
		case axis.Unit == limit.OutputTokens:
			output = min(output, most)
		}
	}
	return amounts(demand.Input, output)
}

// waited is how long the turn had to be waited for.
func (t *turn) waited() time.Duration {
	if t.reservation == nil {
		return 0
	}
	return t.reservation.Waited()
}

// believe tells the limiter what the answer's header says.
func (t *turn) believe(resp *http.Response, now time.Time) {
	if t.reservation == nil || len(t.Limits) == 0 {
		return
	}
	refused := resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500
	w := word.Read(resp.Header, t.Limits, refused, now)
	if len(w.Axes) == 0 && w.Pause == 0 {
		return
	}
	t.client.counted(t.reservation.Adjust(w))
}

// unsent gives all back: the provider never heard of the call.
func (t *turn) unsent() {
	if t.over.Swap(true) || t.reservation == nil {
		return
	}
	t.client.counted(t.reservation.Cancel())
}

// settle ends the turn with what the call used.
func (t *turn) settle(used llm.Usage) {
	if t.over.Swap(true) || t.reservation == nil {
		return
	}
	input := used.Input
	if t.Provider.freeCached() {
		input = max(input-used.Cached, 0)
	}
	t.client.counted(t.reservation.Settle(amounts(input, used.Output), amounts(used.Input, used.Output)))
}

// refused settles a call that the provider answered with an error: it counts
// as a request, and used no tokens.
func (t *turn) refused() { t.settle(llm.Usage{}) }

// send makes the try.
func (t *turn) send(ctx context.Context, call *llm.Call) (*http.Response, error) {
	now := time.Now()
	t.warmed(now)
	t.load.enter(now)
	resp, err := attempt(ctx, t.transport, t.request(call), t.named(call.Body))
	if err != nil {
		t.load.leave()
	}
	return resp, err
}

// fail ends a turn whose answer, if there is one, is of no use.
func (t *turn) fail(resp *http.Response, err error) {
	var failed *attemptError
	switch {
	case resp != nil:
		t.refused()
		discard(resp)
		t.load.leave()
	case errors.As(err, &failed) && !failed.connected:
		t.unsent()
	default: // the provider may have read all of it
		t.settle(llm.Usage{Input: t.demand.Input})
	}
}

// answered settles a call whose answer has ended, and learns from it.
func (t *turn) answered(read *llm.UsageReader) {
	used, reported := read.Usage()
	if !reported {
		t.brokeOff(read)
		return
	}
	if t.counted {
		t.client.estimator.Learn(t.demand, used)
	}
	if t.reservation != nil {
		t.client.metrics.used(t.Name, used)
	}
	t.settle(used)
}

// brokeOff settles a call by what passed of its answer.
func (t *turn) brokeOff(read *llm.UsageReader) {
	used, reported := read.Usage()
	if !reported {
		used.Input = t.demand.Input
	}
	used.Output = max(used.Output, t.client.estimator.Text(read.TextBytes()))
	t.settle(used)
}

// counted counts what the ledger could not keep: the limits are held by what
// it still knows.
func (c *Client) counted(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		c.metrics.ledgerErrors.Inc()
		c.log.Warn("limits could not be settled", "error", err)
	}
}
