// What is counted of upstream calls. Labels come from fixed lists.

package upstream

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/askonce/askonce/internal/llm"
	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	calls    *prometheus.CounterVec
	retries  *prometheus.CounterVec
	refusals *prometheus.CounterVec
	seconds  prometheus.Histogram

	waits        *prometheus.HistogramVec
	tokens       *prometheus.HistogramVec
	provoked     *prometheus.CounterVec
	passedOn     *prometheus.CounterVec
	ledgerErrors prometheus.Counter
}

// newMetrics makes the metrics and, unless reg is nil, registers them.
func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askonce_upstream_calls_total",
			Help: "Upstream calls by how they ended, retries not counted apart.",
		}, []string{"outcome"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askonce_upstream_retries_total",
			Help: "Tries after the first, by what was wrong with the one before.",
		}, []string{"reason"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askonce_upstream_retries_refused_total",
			Help: "Retryable calls that were not tried again, by why.",
		}, []string{"reason"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "askonce_upstream_seconds",
			Help:    "Time from an upstream call to the header of its answer, retries included.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600},
		}),
		waits: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "askonce_upstream_wait_seconds",
			Help:    "Time that granted tries waited for their limits, by lane.",
			Buckets: []float64{.001, .01, .05, .1, .25, .5, 1, 2, 5, 10, 30, 60, 120, 300, 600},
		}, []string{"deployment", "lane"}),
		tokens: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "askonce_upstream_tokens",
			Help:    "Tokens of a call to a deployment with limits, as it reported them.",
			Buckets: prometheus.ExponentialBuckets(8, 2, 16),
		}, []string{"deployment", "direction"}),
		provoked: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askonce_upstream_rate_limited_total",
			Help: "Tries that a deployment answered with 429.",
		}, []string{"deployment"}),
		passedOn: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askonce_upstream_rate_limited_passed_on_total",
			Help: "Those that a caller got to see; the others were absorbed.",
		}, []string{"deployment"}),
		ledgerErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "askonce_upstream_unsettled_total",
			Help: "Calls whose use of the limits could not be settled.",
		}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		m.calls, m.retries, m.refusals, m.seconds, m.waits, m.tokens, m.provoked, m.passedOn, m.ledgerErrors,
	} {
		if err := reg.Register(c); err != nil {
			return m, err
		}
	}
	return m, nil
}

// waited counts how long a turn waited for its limits, if it has any.
func (m *metrics) waited(t *turn, lane llm.Lane) {
	if t.reservation != nil {
		m.waits.WithLabelValues(t.Name, laneOf(lane).String()).Observe(t.waited().Seconds())
	}
}

// used counts what a call to a deployment used.
func (m *metrics) used(deployment string, u llm.Usage) {
	m.tokens.WithLabelValues(deployment, "input").Observe(float64(u.Input))
	m.tokens.WithLabelValues(deployment, "output").Observe(float64(u.Output))
}

func (m *metrics) called(outcome string, took time.Duration) {
	m.calls.WithLabelValues(outcome).Inc()
	m.seconds.Observe(took.Seconds())
}

func (m *metrics) retried(reason string) { m.retries.WithLabelValues(reason).Inc() }
func (m *metrics) refused(reason string) { m.refusals.WithLabelValues(reason).Inc() }

// outcome names how a call ended.
func outcome(resp *http.Response, err error) string {
	var call *llm.CallError
	switch {
	case errors.As(err, &call):
		return call.Code
	case errors.Is(err, context.Canceled):
		return "canceled"
	case err != nil:
		return "error"
	case resp.StatusCode == http.StatusTooManyRequests:
		return "rate_limited"
	case resp.StatusCode >= 500:
		return "server_error"
	case resp.StatusCode >= 400:
		return "client_error"
	}
	return "ok"
}
