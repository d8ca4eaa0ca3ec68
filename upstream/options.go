// What a Client can be told, its defaults, and what is wrong with it.

package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Options configure a [Client]. Only BaseURL is required; the zero value of
// every other field stands for the default that it names.
type Options struct {
	// BaseURL is where the provider's API begins, with the version, such as
	// https://api.openai.com/v1.
	BaseURL string

	// APIKey is the service's own credential, sent as a bearer token with
	// calls that bring none. "" sends such calls without.
	APIKey string

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
)

// withDefaults returns a copy in which every default is filled in.
func (o Options) withDefaults() Options {
	setDefault(&o.Timeout, defaultTimeout)
	setDefault(&o.ConnectTimeout, defaultConnectTimeout)
	setDefault(&o.MaxTries, defaultMaxTries)
	setDefault(&o.MaxIdleConns, defaultMaxIdleConns)
	setDefault(&o.IdleConnTimeout, defaultIdleConnTimeout)
	setDefault(&o.RetryBudget.Ratio, defaultRetryRatio)
	setDefault(&o.RetryBudget.PerSecond, defaultRetryPerSecond)
	setDefault(&o.RetryBudget.Burst, defaultRetryBurst)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
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
	if err := checkBaseURL(o.BaseURL); err != nil {
		problems = append(problems, err)
	}
	if strings.ContainsFunc(o.APIKey, func(r rune) bool { return r <= ' ' || r > '~' }) {
		add("APIKey: holds a character that a header cannot carry; look for a space or a line end")
	}
	notNegative := func(key string, negative bool) {
		if negative {
			add("%s: is negative; leave it 0 for the default", key)
		}
	}
	notNegative("Timeout", o.Timeout < 0)
	notNegative("ConnectTimeout", o.ConnectTimeout < 0)
	notNegative("FirstByteTimeout", o.FirstByteTimeout < 0)
	notNegative("MaxTries", o.MaxTries < 0)
	notNegative("MaxIdleConns", o.MaxIdleConns < 0)
	notNegative("IdleConnTimeout", o.IdleConnTimeout < 0)
	notNegative("RetryBudget.Ratio", !(o.RetryBudget.Ratio >= 0))
	notNegative("RetryBudget.PerSecond", !(o.RetryBudget.PerSecond >= 0))
	notNegative("RetryBudget.Burst", !(o.RetryBudget.Burst >= 0))
	return errors.Join(problems...)
}

// checkBaseURL never repeats the URL: it may hold a password.
func checkBaseURL(s string) error {
	const example = "give one such as https://api.openai.com/v1"
	u, err := url.Parse(s)
	switch {
	case s == "":
		return errors.New("BaseURL: is empty; " + example)
	case err != nil:
		return errors.New("BaseURL: is not a URL; " + example)
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("BaseURL: begins with neither https:// nor http://; " + example)
	case u.Host == "":
		return errors.New("BaseURL: names no host; " + example)
	case u.User != nil:
		return errors.New("BaseURL: holds a credential; put it into APIKey")
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("BaseURL: has a query or a fragment; " + example)
	}
	return nil
}
