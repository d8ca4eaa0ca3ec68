// A deployment: one provider's API with one credential and its own limits.

package upstream

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream/limit"
)

// Deployment is a provider's API with one credential, and the limits that hold
// for it.
type Deployment struct {
	// Name is one word for answers, logs, metrics and the ledger. Required.
	Name string

	// Provider says how the API is spoken to. "" is OpenAI.
	Provider Provider

	// BaseURL is where the API begins, with the version, such as
	// https://api.openai.com/v1; for Azure the resource, such as
	// https://NAME.openai.azure.com.
	BaseURL string

	// Model is what the model is called there; "" passes on what was asked for.
	Model string

	// APIKey is the service's credential for it. "" sends none.
	APIKey string

	// APIVersion is Azure's; "" is 2024-10-21.
	APIVersion string

	// CallersKeys lets callers' own credentials go there. A call that brings
	// one goes nowhere else.
	CallersKeys bool

	// Limits are what its provider allows; none: it is not paced. A caller's
	// own credential has the same limits to itself.
	Limits []limit.Axis

	// Weight is its share of the calls, beside the other deployments of a
	// model. 0 is 1.
	Weight float64

	// Passive deployments are called when no active one can be, and now and
	// then to keep them warm.
	Passive bool

	// FirstByteTimeout is how long it may take to begin an answer, after which
	// a call goes to another deployment, if there is one. 0 is the client's;
	// with that, a silent deployment is waited for.
	FirstByteTimeout time.Duration
}

// deployment is a Deployment in use.
type deployment struct {
	Deployment
	base      *url.URL
	subject   string
	transport *http.Transport
	breaker   circuitbreaker.CircuitBreaker[any]
	guarded   bool // the breaker is of use: there are other deployments
	counts    bool // tokens are limited
	charges   bool // what a request allows is charged, used or not

	avoided atomic.Int64 // until when others are preferred, in Unix microseconds
	called  atomic.Int64 // when it was last called, likewise
	since   atomic.Int64 // calls of others since then
	load    load
}

const (
	defaultAPIVersion = "2024-10-21"

	breakerFailures = 5 // in a row open the breaker
)

// newDeployments makes the checked deployments of opts ready. They share the
// connection pool, but where they have a time of their own to begin an answer.
func newDeployments(opts *Options) ([]*deployment, error) {
	list := opts.deployments()
	made := make([]*deployment, len(list))
	shared := newTransport(opts, opts.FirstByteTimeout)
	for i, d := range list {
		var err error
		if made[i], err = newDeployment(d, opts); err != nil {
			return nil, err
		}
		made[i].guarded = len(list) > 1
		made[i].transport = shared
		if d.FirstByteTimeout > 0 {
			made[i].transport = newTransport(opts, d.FirstByteTimeout)
		}
	}
	return made, nil
}

// newDeployment makes a checked Deployment ready.
func newDeployment(d Deployment, opts *Options) (*deployment, error) {
	base, err := url.Parse(strings.TrimRight(d.BaseURL, "/"))
	if err != nil {
		return nil, err
	}
	setDefault(&d.Weight, 1)
	if d.APIVersion == "" {
		d.APIVersion = defaultAPIVersion
	}
	made := &deployment{Deployment: d, base: base, subject: subjectOf(d.Name)}
	for _, axis := range d.Limits {
		tokens := axis.Unit == limit.InputTokens || axis.Unit == limit.OutputTokens || axis.Unit == limit.TotalTokens
		made.counts = made.counts || tokens
		made.charges = made.charges || tokens && axis.Rule.Keeps
	}
	made.breaker = circuitbreaker.NewBuilder[any]().
		WithFailureThreshold(breakerFailures).WithDelay(opts.Probe).WithSuccessThreshold(1).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) {
			opts.Logger.Warn("deployment", "name", d.Name, "breaker", e.NewState.String())
		}).Build()
	return made, nil
}

// subjectOf is the name in the ledger of what a deployment's limits hold for.
func subjectOf(name string) string { return "deployment/" + name }

// callers is how many subjects callers' own credentials are spread over, for
// each deployment. Two that share one share its limits.
const callers = 1 << 12

// paced reports whether limits hold for call: the deployment's or its tenant's.
// What is only read, such as the list of models, counts against none.
func (d *deployment) paced(call *llm.Call) bool {
	return call.Method == http.MethodPost && (len(d.Limits) > 0 || call.TenantLimits != "")
}

// subjectFor is whose limits call counts against.
func (d *deployment) subjectFor(call *llm.Call) string {
	secret := callersKey(call)
	if secret == "" {
		return d.subject
	}
	sum := sha256.Sum256([]byte(secret))
	number := (uint16(sum[0])<<8 | uint16(sum[1])) % callers
	return d.subject + "/" + hex.EncodeToString([]byte{byte(number >> 8), byte(number)})
}

// callersKey is the credential of its caller's that call brings; "" for none.
func callersKey(call *llm.Call) string {
	if call.Authorization != "" {
		return call.Authorization
	}
	for _, name := range keyHeaders {
		if values := call.Header[name]; len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// open reports whether the deployment has failed of late and its time for a
// probe has not come.
func (d *deployment) open() bool {
	return d.breaker.IsOpen() && d.breaker.RemainingDelay() > 0
}

// avoid prefers other deployments for a while.
func (d *deployment) avoid(until time.Time) { d.avoided.Store(until.UnixMicro()) }

// failed and worked tell the breaker how a call went.
func (d *deployment) failed() {
	if d.guarded {
		d.breaker.RecordFailure()
	}
}

// inconclusive ends a probe that showed nothing, so that there is another.
func (d *deployment) inconclusive() {
	if d.guarded && d.breaker.IsHalfOpen() {
		d.breaker.RecordFailure()
	}
}

func (d *deployment) worked() {
	if d.guarded {
		d.breaker.RecordSuccess()
	}
}

// modelFor is what the model that call asks for is called there.
func (d *deployment) modelFor(call *llm.Call) string {
	if d.Model != "" {
		return d.Model
	}
	return call.Model
}
