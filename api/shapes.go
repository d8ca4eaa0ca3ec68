// How faults are written: in the shape of the provider's errors, or as RFC
// 9457 problems.

package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/askonce/askonce/internal/llm"
)

// shape is how a route writes its faults.
type shape func(f *fault) (contentType string, body []byte)

// problem is a fault as RFC 9457 writes it.
type problem struct {
	Type   string   `json:"type"`
	Title  string   `json:"title"`
	Status int      `json:"status"`
	Detail string   `json:"detail"`
	Errors []detail `json:"errors,omitempty"`
}

func (f *fault) problem() *problem {
	details := f.details
	if len(details) == 0 && f.param != "" {
		details = []detail{{Location: f.param, Message: f.message}}
	}
	return &problem{
		Type:   "urn:askonce:problem:" + f.code,
		Title:  f.title(),
		Status: f.status,
		Detail: f.message,
		Errors: details,
	}
}

func (f *fault) title() string {
	if f.status == statusClientGone {
		return "Client Closed Request"
	}
	return http.StatusText(f.status)
}

// asProblem is the shape of askonce's own API.
func asProblem(f *fault) (string, []byte) {
	body, err := json.Marshal(f.problem(), json.Deterministic(true))
	if err != nil {
		// Only text that is not UTF-8 does this, and none of ours comes from a caller unchecked.
		body = []byte(`{"type":"about:blank","title":"Error","status":` + strconv.Itoa(f.status) + `}`)
	}
	return "application/problem+json", body
}

// asOpenAI is the shape of OpenAI's errors.
func asOpenAI(f *fault) (string, []byte) {
	kind := "invalid_request_error"
	switch {
	case f.status == http.StatusTooManyRequests:
		kind = "rate_limit_error"
	case f.status >= http.StatusInternalServerError:
		kind = "server_error"
	}
	return "application/json", llm.AppendError(nil, kind, f.code, f.param, f.message)
}

// asAnthropic is the shape of Anthropic's errors, whose kinds follow from the
// status. They have no place for a code or a parameter, which the message names.
func asAnthropic(f *fault) (string, []byte) {
	return "application/json", llm.AppendAnthropicError(nil, anthropicKind(f.status), f.message)
}

func anthropicKind(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "authentication_error"
	case http.StatusForbidden:
		return "permission_error"
	case http.StatusNotFound:
		return "not_found_error"
	case http.StatusRequestEntityTooLarge:
		return "request_too_large"
	case http.StatusTooManyRequests:
		return "rate_limit_error"
	case http.StatusServiceUnavailable:
		return "overloaded_error"
	case http.StatusGatewayTimeout:
		return "timeout_error"
	}
	if status >= http.StatusInternalServerError {
		return "api_error"
	}
	return "invalid_request_error"
}

// representationHeaders describe the provider's body, which a fault replaces.
var representationHeaders = [...]string{
	"Accept-Ranges", "Content-Disposition", "Content-Digest", "Content-Encoding", "Content-Language", "Content-Location",
	"Content-Range", "Digest", "Etag", "Last-Modified", "Repr-Digest", "Vary",
}

// write answers with the fault in a shape.
func (f *fault) write(w http.ResponseWriter, in shape) {
	contentType, body := in(f)
	h := w.Header()
	for _, name := range representationHeaders {
		h.Del(name)
	}
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	if f.retryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(wholeSeconds(f.retryAfter), 10))
	}
	if f.finalTry {
		h.Set("X-Should-Retry", "false")
	}
	if f.allow != "" {
		h.Set("Allow", f.allow)
	}
	if f.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if f.cacheWord != "" {
		h.Set("Cache-Status", cacheName+"; detail="+f.cacheWord)
	}
	w.WriteHeader(f.status)
	_, _ = w.Write(body) // a caller who is gone cannot be told so
}

// wholeSeconds rounds up: a caller who comes a moment early is refused again.
func wholeSeconds(d time.Duration) int64 {
	return int64((d + time.Second - 1) / time.Second)
}
