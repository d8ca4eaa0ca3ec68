// What a call without an answer tells its caller.

package upstream

import (
	"context"
	"errors"
	"net/http"

	"github.com/askonce/askonce/internal/llm"
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
func callError(caller context.Context, err error) error {
	var call *llm.CallError
	var failed *attemptError
	switch {
	case errors.Is(caller.Err(), context.Canceled):
		return context.Canceled
	case errors.As(err, &call):
		return call
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
