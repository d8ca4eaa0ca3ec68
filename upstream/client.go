// The client: one call from its request to an answer, retries between.

package upstream

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream/word"
)

// TriesHeader is set on an answer that took more than one try, to their number.
const TriesHeader = "Askonce-Tries"

// shouldRetryHeader is how providers tell SDKs whether to retry.
const shouldRetryHeader = "X-Should-Retry"

// Client calls one provider. It is safe for concurrent use.
type Client struct {
	base      *url.URL
	bearer    string // the service's Authorization; "" for none
	timeout   time.Duration
	maxTries  int
	transport http.RoundTripper
	budget    *budget
	metrics   *metrics
	log       *slog.Logger
}

// New checks opts and returns a Client. It connects only when called.
func New(opts Options) (*Client, error) {
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("upstream: %w", err)
	}
	opts = opts.withDefaults()
	base, err := url.Parse(strings.TrimRight(opts.BaseURL, "/"))
	if err != nil {
		return nil, fmt.Errorf("upstream: %w", err)
	}
	metrics, err := newMetrics(opts.Registerer)
	if err != nil {
		return nil, fmt.Errorf("upstream: %w", err)
	}
	c := &Client{
		base:      base,
		timeout:   opts.Timeout,
		maxTries:  opts.MaxTries,
		transport: newTransport(opts),
		budget:    newBudget(opts.RetryBudget, time.Now()),
		metrics:   metrics,
		log:       opts.Logger,
	}
	if opts.APIKey != "" {
		c.bearer = "Bearer " + opts.APIKey
	}
	return c, nil
}

// Close closes the connections that are not in use.
func (c *Client) Close() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// Do sends call and returns the provider's answer, whatever its status, as
// soon as its header is there. The body arrives as the provider sends it; the
// caller reads it to its end, so that the connection is used again, and closes
// it in any case. Header and body of call are only read.
//
// The error is ctx's if the caller gave up, and else an *llm.CallError: 502 if
// the provider could not be reached or redirected the call, 504 if it did not
// answer in time, 400 if the path leads out of the base URL.
func (c *Client) Do(ctx context.Context, call *llm.Call) (*http.Response, error) {
	start := time.Now()
	resp, err := c.do(ctx, call)
	c.metrics.called(outcome(resp, err), time.Since(start))
	return resp, err
}

func (c *Client) do(caller context.Context, call *llm.Call) (*http.Response, error) {
	proto, err := c.request(call)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(caller, c.timeout)
	resp, tries, err := c.tryAll(ctx, proto, call.Body)
	if err == nil && isRedirect(resp.StatusCode) {
		resp.Body.Close()
		err = errRedirect
	}
	if err != nil {
		cancel()
		return nil, callError(caller, err)
	}
	resp.Body = &answerBody{ReadCloser: resp.Body, cancel: cancel}
	resp.Header.Del(TriesHeader) // ours alone to set
	if tries > 1 {
		resp.Header.Set(TriesHeader, strconv.Itoa(tries))
	}
	return resp, nil
}

// tryAll sends the request until it has an answer to return, and tells how
// often it did.
func (c *Client) tryAll(ctx context.Context, proto *http.Request, body []byte) (*http.Response, int, error) {
	c.budget.earn()
	for try := 1; ; try++ {
		resp, err := c.attempt(ctx, proto, body)
		reason := retryReason(resp, err)
		if reason == "" {
			return c.marked(resp), try, err
		}
		wait, refusal := c.plan(ctx, try, resp)
		if refusal != "" {
			c.metrics.refused(refusal)
			return c.marked(resp), try, err
		}
		discard(resp)
		c.metrics.retried(reason)
		c.log.WarnContext(ctx, "upstream retry", "reason", reason, "try", try, "wait", wait, "error", err)
		if err := sleep(ctx, wait); err != nil {
			return nil, try, err
		}
	}
}

// plan tells how long to wait before the next try, or why there is none.
func (c *Client) plan(ctx context.Context, try int, resp *http.Response) (time.Duration, string) {
	if try >= c.maxTries {
		return 0, "tries"
	}
	now := time.Now()
	var asked time.Duration
	if resp != nil {
		asked = word.RetryAfter(resp.Header, now)
	}
	if asked > maxDelay {
		return 0, "retry_after"
	}
	wait := delay(try, asked, rand.Float64())
	if deadline, ok := ctx.Deadline(); ok && deadline.Sub(now) <= wait {
		return 0, "deadline"
	}
	if !c.budget.spend(now) {
		return 0, "budget"
	}
	return wait, ""
}

// marked tells SDKs not to retry an answer that they would, now that this
// client does not. With retries turned off that is left to them.
func (c *Client) marked(resp *http.Response) *http.Response {
	if resp != nil && c.maxTries > 1 && sdkRetries(resp) {
		resp.Header.Set(shouldRetryHeader, "false")
	}
	return resp
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

// answerBody releases the call's deadline when the answer is closed.
type answerBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b *answerBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}
