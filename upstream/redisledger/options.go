// What a Ledger can be told, its defaults, and what is wrong with it.

package redisledger

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/askonce/askonce/upstream/pace"
)

// Options configure a [Ledger]. Client and Rules are required.
type Options struct {
	// Client reaches the server, the Sentinels or the Cluster. It is not
	// closed by the Ledger.
	Client redis.UniversalClient

	// Rules answers with the axes of a subject. It is asked when a subject is
	// first used.
	Rules pace.Rules

	// Prefix begins every key. "" is "askonce".
	Prefix string

	// Timeout is how long a call waits for Redis before it is counted here.
	// 0 is 100 ms.
	Timeout time.Duration

	// Replicas is how many there are thought to be until Redis has told. 0 is 1.
	Replicas int

	// Registerer is where the metrics go. nil keeps none.
	Registerer prometheus.Registerer

	// Logger gets a line when Redis is lost and one when it is back. nil is
	// silent.
	Logger *slog.Logger
}

func (o *Options) validate() error {
	var problems []error
	if o.Client == nil {
		problems = append(problems, errors.New("client: is required"))
	}
	if o.Rules == nil {
		problems = append(problems, errors.New("rules: are required"))
	}
	if strings.ContainsAny(o.Prefix, "{}") {
		problems = append(problems, fmt.Errorf("prefix: %q has braces, which decide about slots; leave them out", o.Prefix))
	}
	if o.Timeout < 0 || o.Replicas < 0 {
		problems = append(problems, errors.New("timeout, replicas: must not be negative"))
	}
	return errors.Join(problems...)
}

func (o *Options) setDefaults() {
	if o.Prefix == "" {
		o.Prefix = "askonce"
	}
	if o.Timeout == 0 {
		o.Timeout = 100 * time.Millisecond
	}
	if o.Replicas == 0 {
		o.Replicas = 1
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}
