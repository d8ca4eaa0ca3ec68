// What a Client can be told, its defaults, and what is wrong with it.

package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

// Options configure a [Client]. Only BaseURL or Deployments are required; the
// zero value of every other field stands for the default that it names.
type Options struct {
	// BaseURL is where the provider's API begins, with the version, such as
	// https://api.openai.com/v1: the one deployment, which takes callers' keys,
	// where Deployments names none.
	BaseURL string

	// APIKey is the service's own credential, sent as a bearer token with
	// calls that bring none. "" sends such calls without.
	APIKey string

	// Limits are those of the one deployment. None: it is not paced.
	Limits []limit.Axis

	// Deployments are the providers' APIs that calls go to, instead of the one
	// at BaseURL.
	Deployments []Deployment

	// Models are names that callers use for what one deployment or several
	// answer. A model that is not among them goes to the deployments that call
	// it so, or else to those that name no model.
	Models map[string]Model

	// Ledger counts what is used of the limits. It knows the subjects of
	// [Options.Subject], and those that calls name. nil counts the
	// deployments' in this process.
	Ledger pace.Ledger

	// MaxWait is how long a call of each lane waits for its limits that does
	// not say so itself. 0 is 2 s for P0, a minute for P1 and 7 minutes for
	// P2. No call waits for more than three quarters of the time that it has.
	MaxWait [3]time.Duration

	// Probe is how long a deployment that failed is left alone before a call
	// tries it again, where there are others. 0 is 5 seconds.
	Probe time.Duration

	// Timeout bounds a whole call: all tries, the waits between them and the
	// reading of the answer. 0 is 10 minutes.
	Timeout time.Duration

	// ConnectTimeout bounds connecting and, on its own again, the TLS
	// handshake. 0 is 10 seconds.
	ConnectTimeout time.Duration

	// FirstByteTimeout bounds the time from a request that was sent to the
	// header of its answer. An answer that is not streamed begins only when it
	// is complete, which takes minutes for models that reason. 0 leaves it to
	// Timeout.
	FirstByteTimeout time.Duration

	// MaxTries is how often a call is sent at most. 0 is 5; 1 turns retries
	// off.
	MaxTries int

	// RetryBudget bounds the retries of all calls together.
	RetryBudget RetryBudget

	// MaxIdleConns is how many connections are kept open while unused. There
	// is no bound on those in use. 0 is 1024.
	MaxIdleConns int

	// IdleConnTimeout is how long an unused connection is kept. 0 is 55
	// seconds, below the 60 that many proxies keep theirs.
	IdleConnTimeout time.Duration

	// TLS is used for https, for a private certificate authority, say. nil is
	// Go's default.
	TLS *tls.Config

	// DialContext opens connections, through a tunnel or to a Unix socket, say.
	// nil dials the address over TCP.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)

	// Registerer is where the metrics go. nil keeps none.
	Registerer prometheus.Registerer

	// Logger gets one line for each retry, without prompts and credentials.
	// nil is silent.
	Logger *slog.Logger
}

// RetryBudget keeps retries a bounded share of the traffic: a provider that is
// down for everybody would otherwise get the whole load MaxTries times.
type RetryBudget struct {
	// Ratio is how many retries each call earns. 0 is 0.2; a Ratio of
	// MaxTries or more is no bound.
	Ratio float64

	// PerSecond is how many retries each second earns on top, so that a quiet
	// service can retry too. 0 is 1.
	PerSecond float64

	// Burst is how many earned retries can be saved up; it starts with all of
	// them. 0 is 100.
	Burst float64
}

const (
	defaultTimeout         = 10 * time.Minute
	defaultConnectTimeout  = 10 * time.Second
	defaultMaxTries        = 5
	defaultMaxIdleConns    = 1024
	defaultIdleConnTimeout = 55 * time.Second
	defaultRetryRatio      = 0.2
	defaultRetryPerSecond  = 1
	defaultRetryBurst      = 100
	defaultProbe           = 5 * time.Second
)

// withDefaults returns a copy in which every default is filled in.
func (o Options) withDefaults() *Options {
	setDefault(&o.Timeout, defaultTimeout)
	setDefault(&o.ConnectTimeout, defaultConnectTimeout)
	setDefault(&o.MaxTries, defaultMaxTries)
	setDefault(&o.MaxIdleConns, defaultMaxIdleConns)
	setDefault(&o.IdleConnTimeout, defaultIdleConnTimeout)
	setDefault(&o.RetryBudget.Ratio, defaultRetryRatio)
	setDefault(&o.RetryBudget.PerSecond, defaultRetryPerSecond)
	setDefault(&o.RetryBudget.Burst, defaultRetryBurst)
	setDefault(&o.Probe, defaultProbe)
	for lane, wait := range [...]time.Duration{2 * time.Second, time.Minute, 7 * time.Minute} {
		setDefault(&o.MaxWait[lane], wait)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Ledger == nil {
		o.Ledger = pace.NewLocal(o.Subject)
	}
	return &o
}

// theOne is the deployment's name where there is only the one at BaseURL.
const theOne = "default"

// deployments are those configured, or the one at BaseURL.
func (o *Options) deployments() []Deployment {
	if len(o.Deployments) > 0 {
		return o.Deployments
	}
	return []Deployment{{Name: theOne, BaseURL: o.BaseURL, APIKey: o.APIKey, CallersKeys: true, Limits: o.Limits}}
}

// Subject is the axes of a deployment by its subject in the ledger, for those
// who make one. It is a [pace.Rules].
func (o *Options) Subject(subject string) ([]limit.Axis, bool) {
	name, ok := strings.CutPrefix(subject, subjectOf(""))
	if !ok {
		return nil, false
	}
	name, _, _ = strings.Cut(name, "/") // a caller's own credential
	for _, d := range o.deployments() {
		if d.Name == name {
			return d.Limits, true
		}
	}
	return nil, false
}

func setDefault[T int | float64 | time.Duration](v *T, def T) {
	if *v == 0 {
		*v = def
	}
}

// validate returns every problem at once.
func (o Options) validate() error {
	var problems []error
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if len(o.Deployments) == 0 {
		problems = append(problems, o.deployments()[0].validate()...)
	}
	problems = append(problems, o.checkDeployments()...)
	problems = append(problems, o.checkModels()...)
	notNegative := func(key string, negative bool) {
		if negative {
			add("%s: is negative; leave it 0 for the default", key)
		}
	}
	notNegative("Timeout", o.Timeout < 0)
	notNegative("ConnectTimeout", o.ConnectTimeout < 0)
	notNegative("FirstByteTimeout", o.FirstByteTimeout < 0)
	notNegative("MaxTries", o.MaxTries < 0)
	notNegative("MaxWait", o.MaxWait[0] < 0 || o.MaxWait[1] < 0 || o.MaxWait[2] < 0)
	notNegative("Probe", o.Probe < 0)
	notNegative("MaxIdleConns", o.MaxIdleConns < 0)
	notNegative("IdleConnTimeout", o.IdleConnTimeout < 0)
	notNegative("RetryBudget.Ratio", !(o.RetryBudget.Ratio >= 0))
	notNegative("RetryBudget.PerSecond", !(o.RetryBudget.PerSecond >= 0))
	notNegative("RetryBudget.Burst", !(o.RetryBudget.Burst >= 0))
	return errors.Join(problems...)
}
