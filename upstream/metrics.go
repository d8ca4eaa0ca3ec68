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
	}
	if reg == nil {
		return m, nil
	}
	return m, errors.Join(reg.Register(m.calls), reg.Register(m.retries),
		reg.Register(m.refusals), reg.Register(m.seconds))
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
