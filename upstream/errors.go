// What a call without an answer tells its caller.

package upstream

import (
	"context"
	"errors"
	"net/http"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream/pace"
)

// errRedirect is an answer that points elsewhere.
var errRedirect = &llm.CallError{
	Status:  http.StatusBadGateway,
	Code:    "upstream_redirect",
	Message: "The upstream redirected the request, and redirects are not followed.",
	Err:     errors.New("upstream: redirected; check that the base URL is the provider's own"),
}

// isRedirect reports whether clients would send the request on. 304 is an
// answer to a conditional request, not a redirect.
func isRedirect(status int) bool {
	return status >= 300 && status < 400 && status != http.StatusNotModified
}

// callError turns the last try's error into the one that Do returns. The
// caller's own cancellation is returned as it is.
func callError(caller context.Context, call *llm.Call, err error) error {
	var known *llm.CallError
	var refusal *pace.Refusal
	var failed *attemptError
	switch {
	case errors.Is(caller.Err(), context.Canceled):
		return context.Canceled
	case errors.As(err, &known):
		return known
	case errors.As(err, &refusal):
		return refused(call, refusal)
	case errors.Is(err, errLedger):
		return &llm.CallError{
			Status:  http.StatusServiceUnavailable,
			Code:    "limits_unavailable",
			Message: "The limits cannot be counted at present.",
			Err:     err,
		}
	case !errors.As(err, &failed) || failed.timeout():
		return &llm.CallError{
			Status:  http.StatusGatewayTimeout,
			Code:    "upstream_timeout",
			Message: "The upstream did not answer in time.",
			Err:     err,
		}
	}
	return &llm.CallError{
		Status:  http.StatusBadGateway,
		Code:    "upstream_unreachable",
		Message: "The upstream could not be reached.",
		Err:     err,
	}
}

// errLedger is a ledger that can neither grant nor refuse.
var errLedger = errors.New("upstream: limits")

// refused is what a caller is told whom the limits refuse.
func refused(call *llm.Call, r *pace.Refusal) *llm.CallError {
	e := &llm.CallError{RetryAfter: r.RetryAfter, Err: r}
	own := call.TenantLimits != "" && r.Subject == call.TenantLimits
	switch {
	case r.Reason == pace.TooLarge:
		e.Status, e.Code = http.StatusRequestEntityTooLarge, "request_above_limit"
		e.Message = "The request is above a limit that holds for it (" + r.Axis + "), and never fits. Send less, or ask for a shorter answer."
	case r.Reason == pace.Closed:
		e.Status, e.Code = http.StatusServiceUnavailable, "stopping"
		e.Message = "The service is stopping."
	case own:
		e.Status, e.Code = http.StatusTooManyRequests, "rate_limit_exceeded"
		e.Message = "Your own limit (" + r.Axis + ") is used up. Try again later."
	default:
		e.Status, e.Code = http.StatusServiceUnavailable, "upstream_overloaded"
		e.Message = "The provider's limits leave no room in the time that the request can wait. Try again later."
	}
	return e
}
