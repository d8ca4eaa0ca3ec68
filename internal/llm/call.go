// One call to an upstream, and the error of one that brought no answer.

package llm

import (
	"net/http"
	"sync/atomic"
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

	// PromptOrder says in which order the prompt was brought: "on", "observe"
	// or "off". It tells apart what the provider reports of its own cache.
	PromptOrder string

	// Who asks, as far as limits and turns are concerned.
	Tenant    string // callers of one lane are served by turns, tenant by tenant
	Namespace string // expected lengths of answers are learned for each

	// TenantLimits names the subject whose limits the call counts against, in
	// the ledger that counts them; "" is not limited.
	TenantLimits string

	// Lane is how urgent the call is; "" is LaneStandard.
	Lane Lane

	// MaxWait is how long the caller can wait for its turn. 0 is the lane's
	// default; negative does not wait.
	MaxWait time.Duration

	// Sent, unless nil, is set when the call leaves the queue and is sent.
	Sent *atomic.Bool

	// Used, unless nil, is called once with what the answer reports of its use,
	// when its body has ended or broken off; not if it reports nothing.
	Used func(Usage)
}

// Headers that an answer has from askonce's side of the upstream, whatever its
// provider sent.
const (
	TriesHeader      = "Askonce-Tries"      // how often the call was sent, if more than once
	WaitHeader       = "Askonce-Wait"       // milliseconds that it waited for its limits, if it did
	DeploymentHeader = "Askonce-Deployment" // who answered, where there are several
	SubstituteHeader = "Askonce-Substitute" // the model that answered instead of the one asked for
)

// Lane is how urgent a call is.
type Lane string

// The lanes, the most urgent first.
const (
	LaneInteractive Lane = "P0" // somebody waits
	LaneStandard    Lane = "P1"
	LaneBackground  Lane = "P2"
)

// CallError is an upstream call that brought no answer to pass on.
type CallError struct {
	Status     int    // what to tell the caller: 502, 503 or 504; 429 for its own limits
	Code       string // one word: "upstream_unreachable", "upstream_timeout", "upstream_overloaded", "rate_limit_exceeded"
	Message    string // for the caller: no credential, no internal address
	RetryAfter time.Duration
	Err        error // for the log
}

func (e *CallError) Error() string { return e.Code + ": " + e.Message }
func (e *CallError) Unwrap() error { return e.Err }
