// The client: one call from its request to an answer, retries between.

package upstream

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream/estimate"
	"github.com/askonce/askonce/upstream/pace"
)

// shouldRetryHeader is how providers tell SDKs whether to retry.
const shouldRetryHeader = "X-Should-Retry"

// Client calls the deployments. It is safe for concurrent use.
type Client struct {
	opts      *Options
	router    *router
	limiter   *pace.Limiter
	ledger    pace.Ledger
	estimator *estimate.Estimator
	budget    *budget
	metrics   *metrics
	log       *slog.Logger
}

// New checks opts and returns a Client. It connects only when called.
func New(opts Options) (*Client, error) {
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("upstream: %w", err)
	}
	c, err := newClient(opts.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("upstream: %w", err)
	}
	return c, nil
}

func newClient(opts *Options) (*Client, error) {
	metrics, err := newMetrics(opts.Registerer)
	if err != nil {
		return nil, err
	}
	c := &Client{
		opts:      opts,
		ledger:    opts.Ledger,
		estimator: estimate.New(opts.Logger),
		budget:    newBudget(opts.RetryBudget, time.Now()),
		metrics:   metrics,
		log:       opts.Logger,
	}
	deployments, err := newDeployments(opts)
	if err != nil {
		return nil, err
	}
	c.router = newRouter(opts, deployments)
	if c.limiter, err = pace.New(pace.Options{Ledger: opts.Ledger, MaxWait: opts.MaxWait}); err != nil {
		return nil, err
	}
	if opts.Registerer != nil {
		if err := opts.Registerer.Register(newGauges(c)); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Close refuses the calls that wait for their limits, closes the connections
// that are not in use, and waits for tokenizers that are being loaded.
func (c *Client) Close() {
	c.limiter.Close()
	c.estimator.Close()
	for _, d := range c.router.all {
		d.transport.CloseIdleConnections()
	}
}

// Do sends call and returns the provider's answer, whatever its status, as
// soon as its header is there. The body arrives as the provider sends it; the
// caller reads it to its end, so that the connection is used again and the
// limits are settled by what the answer reports, and closes it in any case.
// Header and body of call are only read.
//
// The error is ctx's if the caller gave up, and else an *llm.CallError: 502 if
// the provider could not be reached or redirected the call, 504 if it did not
// answer in time, 503 if the limits leave no room in time, 429 if those are its
// tenant's, 413 if it is above a limit, 404 if no deployment has the model, 403
// if none takes its credential, 400 if the path leads out of the base URL.
func (c *Client) Do(ctx context.Context, call *llm.Call) (*http.Response, error) {
	start := time.Now()
	resp, err := c.do(ctx, call)
	c.metrics.called(outcome(resp, err), time.Since(start))
	return resp, err
}

func (c *Client) do(caller context.Context, call *llm.Call) (*http.Response, error) {
	if err := checkPath(call.Path); err != nil {
		return nil, err
	}
	models, call, err := c.router.route(call)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(caller, c.opts.Timeout)
	t := &trip{client: c, models: models, call: call}
	resp, turn, err := t.run(ctx)
	if err == nil && isRedirect(resp.StatusCode) {
		turn.fail(resp, nil)
		err = errRedirect
	}
	if err != nil {
		cancel()
		return nil, callError(caller, call, err)
	}
	t.describe(resp.Header, turn)
	resp.Body = turn.body(resp, call.Used, cancel)
	return resp, nil
}

// sleep waits for d or until ctx ends, whose error it returns.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
