// The one table that turns kinds of errors into what a caller is told.

package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
)

// fault is an error as a caller is told of it.
type fault struct {
	status     int
	code       string // one word; tells faults of one status apart
	param      string // the header or member at fault; "" for the whole request
	message    string // what is wrong and the way out; no prompt, no credential, nothing internal
	retryAfter time.Duration
	finalTry   bool     // SDKs are told not to try again
	details    []detail // each thing wrong with a body of the REST API
	allow      string   // for a 405: the methods there are
	cacheWord  string   // for Cache-Status; "" if the cache was not asked
	regular    bool     // what the caller asked for: nothing failed
}

// detail is one of several things that are wrong with a body.
type detail struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

func (f *fault) Error() string { return f.code + ": " + f.message }

// Faults of identity and of paths.
var (
	errKeyMissing = &fault{
		status: http.StatusUnauthorized, code: "missing_api_key",
		message: "This service wants an askonce key: send it as \"Authorization: Bearer ask_...\" or, beside a provider's key of your own, in the Askonce-Key header.",
	}
	errKeyUnknown = &fault{
		status: http.StatusUnauthorized, code: "invalid_api_key",
		message: "The askonce key is not one of this service's. Ask its operator for a key.",
	}
	errNoKeysConfigured = &fault{
		status: http.StatusUnauthorized, code: "invalid_api_key",
		message: "The request carries an askonce key, but this service has none configured. Leave the key out, or configure it.",
	}
	errOwnKeyMissing = &fault{
		status: http.StatusUnauthorized, code: "missing_api_key",
		message: "This path is passed through with your own provider key only, and the request has none: send it as \"Authorization: Bearer ...\".",
	}
	errServiceKeyNotSpent = &fault{
		status: http.StatusForbidden, code: "path_not_allowed",
		message: "The service's provider key is not spent on this path. Send your own (beside an askonce key, which goes into the Askonce-Key header), or ask the operator to allow the path.",
	}
	errWebSocket = &fault{
		status: http.StatusNotImplemented, code: "websocket_not_supported",
		message: "WebSocket connections are not passed through. Connect to the provider directly for them.",
	}
	errPath = &fault{
		status: http.StatusBadRequest, code: "bad_path",
		message: "The path has empty, \".\" or \"..\" segments. Send it in its plain form.",
	}
	errMethod = &fault{
		status: http.StatusMethodNotAllowed, code: "method_not_allowed", allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
		message: "This method is not passed through.",
	}
	errEncoded = &fault{
		status: http.StatusUnsupportedMediaType, code: "unsupported_encoding", param: "Content-Encoding",
		message: "Content-Encoding: compressed request bodies are not read. Send the body as it is.",
	}
)

// forbidden refuses a caller whose role does not reach.
func forbidden(has, wants Role) *fault {
	return &fault{
		status: http.StatusForbidden, code: "role_too_low",
		message: "The key's role is " + string(has) + "; this needs " + string(wants) + ".",
	}
}

// badHeader refuses a header that steers the cache; the message begins with
// its name, as callers look for that.
func badHeader(name string, err error) *fault {
	return &fault{
		status: http.StatusBadRequest, code: "invalid_header", param: name,
		message: name + ": " + err.Error() + ".",
	}
}

// faultOf is the table. An error that it does not know is a 500 that tells
// nothing; the frame logs it.
func faultOf(err error) *fault {
	var (
		known   *fault
		request *llm.RequestError
		call    *llm.CallError
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &request):
		return &fault{status: http.StatusBadRequest, code: "invalid_request", param: request.Param, message: sentence(request.Error())}
	case errors.As(err, &call):
		return &fault{status: call.Status, code: call.Code, message: sentence(call.Message), retryAfter: call.RetryAfter, finalTry: call.Status != http.StatusTooManyRequests}
	}
	for _, row := range faultTable {
		if errors.Is(err, row.kind) {
			return &row.fault
		}
	}
	return &fault{
		status: http.StatusInternalServerError, code: "internal_error",
		message: "askonce failed to handle the request; its log says why.",
	}
}

var faultTable = []struct {
	kind  error
	fault fault
}{
	{cache.ErrNotCached, fault{
		status: http.StatusGatewayTimeout, code: "not_cached", finalTry: true, cacheWord: "only_if_cached", regular: true,
		message: "Nothing cached answers the request, and only-if-cached forbids asking the provider.",
	}},
	{cache.ErrNotFound, fault{
		status: http.StatusNotFound, code: "entry_not_found",
		message: "There is no such entry: never stored, deleted, or expired.",
	}},
	{cache.ErrNoVersion, fault{
		status: http.StatusNotFound, code: "no_such_version",
		message: "The namespace's threshold has no such version; GET /v1/thresholds/history lists those there are.",
	}},
	{cache.ErrConflict, fault{
		status: http.StatusConflict, code: "changed_meanwhile",
		message: "Others changed the threshold at the same time. Look at it, and try again.",
	}},
	{cache.ErrTooManyNamespaces, fault{
		status: http.StatusConflict, code: "too_many_namespaces",
		message: "No further namespace of yours can have a threshold of its own; use one that has.",
	}},
	{cache.ErrNoBooks, fault{
		status: http.StatusNotImplemented, code: "nothing_kept",
		message: "The entry store of this service keeps no thresholds and labels.",
	}},
	{cache.ErrNoSavings, fault{
		status: http.StatusNotImplemented, code: "nothing_kept",
		message: "The entry store of this service keeps no savings.",
	}},
	{cache.ErrNoScore, fault{
		status: http.StatusUnprocessableEntity, code: "no_score",
		message: "Texts cannot be scored as the namespace wants: the embedder or the verifier is off. Give lookups with scores, or switch it on.",
	}},
	{cache.ErrUnavailable, fault{
		status: http.StatusServiceUnavailable, code: "store_unavailable", retryAfter: time.Second,
		message: "The entry store is unavailable, nothing was changed for certain. Try again.",
	}},
	{cache.ErrTooLarge, fault{
		status: http.StatusRequestEntityTooLarge, code: "answer_too_large",
		message: "The answer is longer than the cache keeps.",
	}},
	{cache.ErrBrokenOff, fault{
		status: http.StatusBadGateway, code: "upstream_broke_off", finalTry: true,
		message: "The provider broke its answer off.",
	}},
	{context.DeadlineExceeded, fault{
		status: http.StatusGatewayTimeout, code: "timeout",
		message: "The request ran out of time.",
	}},
	{context.Canceled, fault{
		status: statusClientGone, code: "client_gone",
		message: "The caller went away.",
	}},
}

// statusClientGone is what the log and the metrics show for callers who left
// before their answer; it has no registered number.
const statusClientGone = 499

// sentence ends a message as one.
func sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}
