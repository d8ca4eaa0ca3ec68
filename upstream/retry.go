// The retry rules, without clocks and I/O.

package upstream

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	baseDelay = time.Second
	maxDelay  = 60 * time.Second
	jitter    = 0.25 // of a delay, either way; of Retry-After, only longer
)

// retryReason tells why a try may be followed by another, for the metrics; ""
// if it may not.
func retryReason(resp *http.Response, err error) string {
	var failed *attemptError
	switch {
	case errors.As(err, &failed) && failed.retryable():
		return "connection"
	case err != nil:
		return ""
	}
	reason := statusReason(resp.StatusCode, resp.Header.Get(shouldRetryHeader))
	if reason != "" && exhausted(resp) {
		return ""
	}
	return reason
}

// statusReason is retryReason of an answer whose quota is not exhausted.
func statusReason(status int, shouldRetry string) string {
	switch {
	case status < 400 || shouldRetry == "false":
		return ""
	case slices.Contains([]int{400, 401, 403, 404, 422}, status):
		return ""
	case status == http.StatusTooManyRequests:
		return "rate_limited"
	case status == http.StatusRequestTimeout:
		return "request_timeout"
	case status == http.StatusConflict:
		return "conflict"
	case status >= 500:
		return "server_error"
	case shouldRetry == "true":
		return "provider_asked"
	}
	return ""
}

// sdkRetries reports whether the providers' SDKs would retry this answer.
func sdkRetries(resp *http.Response) bool {
	switch resp.Header.Get(shouldRetryHeader) {
	case "true":
		return true
	case "false":
		return false
	}
	s := resp.StatusCode
	return s == http.StatusRequestTimeout || s == http.StatusConflict || s == http.StatusTooManyRequests || s >= 500
}

// exhaustedCodes are what providers put into an error's code or type when an
// account's quota or spending limit is used up.
var exhaustedCodes = []string{
	"insufficient_quota",
	"insufficient_balance",
	"insufficient_credit",
	"insufficient_funds",
	"credit_balance",
	"billing",
	"spend",
}

// isExhaustedCode reports whether an error's code or type means that waiting
// will not help.
func isExhaustedCode(code string) bool {
	code = strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(code))
	return slices.ContainsFunc(exhaustedCodes, func(part string) bool { return strings.Contains(code, part) })
}

// delay is the wait after try number try (from 1), where random is in [0, 1):
// doubled with every try, jittered, never above maxDelay, and never below
// asked, which is at most maxDelay.
func delay(try int, asked time.Duration, random float64) time.Duration {
	backoff := math.Min(float64(baseDelay)*math.Pow(2, float64(try-1)), float64(maxDelay))
	backoff *= 1 - jitter + 2*jitter*random
	polite := float64(asked) * (1 + jitter*random)
	return min(time.Duration(max(backoff, polite)), maxDelay)
}
