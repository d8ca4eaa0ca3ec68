// A trip: all tries of one call, at one deployment or several.

package upstream

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream/estimate"
	"github.com/askonce/askonce/upstream/pace"
	"github.com/askonce/askonce/upstream/word"
)

// trip is a call under way.
type trip struct {
	client *Client
	models *models
	call   *llm.Call

	tries  int
	waited time.Duration // for limits
	failed []*deployment // since all were last tried

	demands map[string]estimate.Demand // by model; estimating takes a while
}

// run sends the call until it has an answer to return, with the turn that
// brought it.
func (t *trip) run(ctx context.Context) (*http.Response, *turn, error) {
	c := t.client
	c.budget.earn()
	for {
		turn, err := t.next(ctx)
		if err != nil {
			return nil, nil, err
		}
		t.tries++
		if t.call.Sent != nil {
			t.call.Sent.Store(true)
		}
		resp, err := turn.send(ctx, t.call)
		t.note(turn, resp, err)
		reason := t.retryReason(turn, resp, err)
		if reason == "" {
			return t.end(turn, resp, err)
		}
		t.failed = append(t.failed, turn.deployment)
		wait, refusal := t.plan(ctx, resp)
		if refusal != "" {
			c.metrics.refused(refusal)
			return t.end(turn, resp, err)
		}
		turn.fail(resp, err)
		c.metrics.retried(reason)
		c.log.WarnContext(ctx, "upstream retry", "reason", reason, "try", t.tries, "deployment", turn.Name, "wait", wait, "error", err)
		if err := sleep(ctx, wait); err != nil {
			return nil, nil, err
		}
	}
}

// end returns what the last try brought.
func (t *trip) end(turn *turn, resp *http.Response, err error) (*http.Response, *turn, error) {
	if err != nil {
		turn.fail(nil, err)
		return nil, nil, err
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		t.client.metrics.passedOn.WithLabelValues(turn.Name).Inc()
	}
	return t.marked(resp), turn, nil
}

// next reserves a turn at the best deployment that has room. One that has room
// at once goes before a better one that has not; where none has, the best is
// waited for.
func (t *trip) next(ctx context.Context) (*turn, error) {
	order, err := t.models.order(ctx, t.call, t.client.standings())
	if err != nil {
		return nil, err
	}
	var refused error
	for group, choices := range order {
		choices = t.untried(choices)
		if len(choices) == 0 || (group == int(down) && refused != nil) {
			continue
		}
		turn, err := t.among(ctx, choices)
		if err == nil || !isRefusal(err) || t.byTenant(err) {
			return turn, err
		}
		if refused == nil {
			refused = err
		}
	}
	if errors.Is(refused, errProbed) { // and nobody else is left
		return t.place(ctx, t.first(order), t.bearable(ctx))
	}
	return nil, refused
}

// first is the best of the choices that have not failed the call.
func (t *trip) first(order [groups][]choice) choice {
	return t.untried(slices.Concat(order[:]...))[0]
}

// untried leaves out the deployments that failed this call, unless that would
// be all there are.
func (t *trip) untried(choices []choice) []choice {
	if len(t.failed) == 0 {
		return choices
	}
	return slices.DeleteFunc(slices.Clone(choices), func(c choice) bool { return slices.Contains(t.failed, c.deployment) })
}

// among reserves a turn at one of the choices.
func (t *trip) among(ctx context.Context, choices []choice) (*turn, error) {
	if len(choices) > 1 {
		for _, c := range choices {
			turn, err := t.at(ctx, c, -1)
			if err == nil || !isRefusal(err) || t.byTenant(err) {
				return turn, err
			}
		}
	}
	return t.at(ctx, choices[0], t.bearable(ctx))
}

// errProbed is for a deployment that another call is probing.
var errProbed = &pace.Refusal{Reason: pace.TooLong}

// at reserves a turn at a deployment. After failures, one call at a time goes
// there as a probe.
func (t *trip) at(ctx context.Context, to choice, wait time.Duration) (*turn, error) {
	turn, err := t.place(ctx, to, wait)
	if err == nil && to.guarded && !to.open() && !to.breaker.TryAcquirePermit() {
		turn.unsent()
		return nil, errProbed
	}
	return turn, err
}

// place reserves a turn at a deployment, whatever became of calls before.
func (t *trip) place(ctx context.Context, to choice, wait time.Duration) (*turn, error) {
	turn := &turn{choice: to, client: t.client}
	if !to.paced(t.call) {
		return turn, nil
	}
	if to.counts || t.call.TenantLimits != "" {
		turn.demand, turn.counted = t.demand(to.modelFor(t.call)), true
	}
	if err := turn.reserve(ctx, t.call, wait); err != nil {
		return nil, err
	}
	t.waited += turn.waited()
	t.client.metrics.waited(turn, t.call.Lane)
	return turn, nil
}

// demand is what the call is estimated to take of a model.
func (t *trip) demand(model string) estimate.Demand {
	d, known := t.demands[model]
	if !known {
		d = t.client.estimator.Demand(t.call, model)
		if t.demands == nil {
			t.demands = make(map[string]estimate.Demand, 1)
		}
		t.demands[model] = d
	}
	return d
}

// bearable is how long the call can still wait for its limits. A quarter of
// the time that it has is left for the call itself: one that is sent with no
// time left is paid for in vain.
func (t *trip) bearable(ctx context.Context) time.Duration {
	wait := t.call.MaxWait
	if wait == 0 {
		wait = t.client.opts.MaxWait[laneOf(t.call.Lane)]
	}
	if deadline, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(deadline)*3/4)
	}
	if wait -= t.waited; wait <= 0 {
		return -1
	}
	return wait
}

func isRefusal(err error) bool {
	var refusal *pace.Refusal
	return errors.As(err, &refusal)
}

// byTenant reports whether the tenant's own limits refused the call: no other
// deployment helps.
func (t *trip) byTenant(err error) bool {
	var refusal *pace.Refusal
	return t.call.TenantLimits != "" && errors.As(err, &refusal) && refusal.Subject == t.call.TenantLimits
}

// exhaustedFor is how long a deployment whose quota is used up is left alone
// where others can answer.
const exhaustedFor = time.Minute

// note draws the conclusions for other calls from how a try went.
func (t *trip) note(turn *turn, resp *http.Response, err error) {
	now := time.Now()
	switch {
	case resp != nil:
	case errors.Is(err, context.Canceled): // the caller left
		turn.inconclusive()
		return
	default:
		turn.failed()
		return
	}
	turn.believe(resp, now)
	if resp.StatusCode >= 500 {
		turn.failed()
		return
	}
	turn.worked()
	if resp.StatusCode != http.StatusTooManyRequests {
		return
	}
	t.client.metrics.provoked.WithLabelValues(turn.Name).Inc()
	if exhausted(resp) {
		turn.avoid(now.Add(exhaustedFor))
		return
	}
	turn.avoid(now.Add(min(max(word.RetryAfter(resp.Header, now), baseDelay), word.MaxPause)))
}

// retryReason tells why there may be another try. A silent deployment is given
// up for another one after the time that its operator allows it.
func (t *trip) retryReason(turn *turn, resp *http.Response, err error) string {
	var failed *attemptError
	if errors.As(err, &failed) && failed.timeout() && turn.FirstByteTimeout > 0 && t.hasAnother(turn.deployment) {
		return "silent"
	}
	return retryReason(resp, err)
}

// hasAnother reports whether another deployment is left that can be asked.
func (t *trip) hasAnother(but *deployment) bool {
	return slices.ContainsFunc(t.models.choices, func(c choice) bool {
		takes := callersKey(t.call) == "" || c.CallersKeys
		return c.deployment != but && takes && !c.open() && !slices.Contains(t.failed, c.deployment)
	})
}

// plan tells how long to wait before the next try, or why there is none.
// Another deployment is asked at once: that does not multiply the calls of the
// one that failed, and so is not taken from the budget either.
func (t *trip) plan(ctx context.Context, resp *http.Response) (time.Duration, string) {
	if t.tries >= t.client.opts.MaxTries {
		return 0, "tries"
	}
	if t.hasAnother(nil) {
		return 0, ""
	}
	t.failed = nil
	now := time.Now()
	var asked time.Duration
	if resp != nil {
		asked = word.RetryAfter(resp.Header, now)
	}
	if asked > maxDelay {
		return 0, "retry_after"
	}
	wait := delay(t.tries, asked, rand.Float64())
	if deadline, ok := ctx.Deadline(); ok && deadline.Sub(now) <= wait {
		return 0, "deadline"
	}
	if !t.client.budget.spend(now) {
		return 0, "budget"
	}
	return wait, ""
}

// marked tells SDKs not to retry an answer that they would, now that this
// client does not. With retries turned off that is left to them.
func (t *trip) marked(resp *http.Response) *http.Response {
	if t.client.opts.MaxTries > 1 && sdkRetries(resp) {
		resp.Header.Set(shouldRetryHeader, "false")
	}
	return resp
}

// describe says on the answer how it came about.
func (t *trip) describe(h http.Header, turn *turn) {
	for _, name := range [...]string{llm.TriesHeader, llm.WaitHeader, llm.DeploymentHeader, llm.SubstituteHeader} {
		h.Del(name) // ours alone to set
	}
	if t.tries > 1 {
		h.Set(llm.TriesHeader, strconv.Itoa(t.tries))
	}
	if ms := t.waited.Milliseconds(); ms > 0 {
		h.Set(llm.WaitHeader, strconv.FormatInt(ms, 10))
	}
	if len(t.client.opts.Deployments) > 0 {
		h.Set(llm.DeploymentHeader, turn.Name)
	}
	if turn.substitute {
		h.Set(llm.SubstituteHeader, turn.modelFor(t.call))
	}
}
