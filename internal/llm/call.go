// One call to an upstream, and the error of one that brought no answer.

package llm

import (
	"net/http"
	"time"
)

// Call is one request to an upstream, and what is known of it without reading
// its body again.
type Call struct {
	Method   string
	Path     string // below the upstream's base URL, such as "/chat/completions"
	RawQuery string
	Header   http.Header // the caller's headers that may go upstream
	Body     []byte

	// Authorization is the caller's own credential, to be spent on this call
	// alone. "" asks for the service's.
	Authorization string

	Endpoint Endpoint // "" for a path that this package does not know
	Model    string
	Stream   bool
}

// CallError is an upstream call that brought no answer to pass on.
type CallError struct {
	Status     int    // what to tell the caller: 502, 503 or 504
	Code       string // one word: "upstream_unreachable", "upstream_timeout", "upstream_overloaded"
	Message    string // for the caller: no credential, no internal address
	RetryAfter time.Duration
	Err        error // for the log
}

func (e *CallError) Error() string { return e.Code + ": " + e.Message }
func (e *CallError) Unwrap() error { return e.Err }
