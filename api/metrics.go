// What the HTTP side counts. Every label has a fixed, small set of values:
// route templates, status codes, layers.

package api

import (
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askonce/askonce/cache"
)

// outcome is what a request came to, as far as the cache is concerned.
type outcome int

const (
	outcomeNone outcome = iota // the cache was not asked
	outcomeExact
	outcomeSemantic
	outcomeMiss
	outcomes
)

func (o outcome) String() string {
	return [...]string{"none", "exact", "semantic", "miss"}[o]
}

func outcomeOf(layer cache.Layer) outcome {
	switch layer {
	case cache.LayerExact:
		return outcomeExact
	case cache.LayerSemantic:
		return outcomeSemantic
	}
	return outcomeMiss
}

type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	routes   map[string]*routeMetrics
}

var timeBuckets = []float64{
	.000025, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120,
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askonce_http_requests_total", Help: "HTTP requests, by route and status code.",
		}, []string{"route", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "askonce_http_seconds", Help: "Time to the end of the answer, by route and the layer that answered.", Buckets: timeBuckets,
		}, []string{"route", "layer"}),
		routes: make(map[string]*routeMetrics),
	}
	if r == nil {
		return m, nil
	}
	return m, errors.Join(r.Register(m.requests), r.Register(m.seconds))
}

// of returns the metrics of a route; one per template, before serving begins.
func (m *metrics) of(path string) *routeMetrics {
	if rm, ok := m.routes[path]; ok {
		return rm
	}
	rm := &routeMetrics{all: m, path: path}
	m.routes[path] = rm
	return rm
}

const firstCode, lastCode = 100, 599

// routeMetrics are those of one route, each looked up by its labels once and
// only when there is something to count.
type routeMetrics struct {
	all     *metrics
	path    string
	seconds [outcomes]atomic.Pointer[prometheus.Observer]
	codes   [lastCode - firstCode + 1]atomic.Pointer[prometheus.Counter]
}

func (rm *routeMetrics) observe(code int, o outcome, took time.Duration) {
	resolved(&rm.seconds[o], func() prometheus.Observer {
		return rm.all.seconds.WithLabelValues(rm.path, o.String())
	}).Observe(took.Seconds())

	if code < firstCode || code > lastCode {
		code = lastCode
	}
	resolved(&rm.codes[code-firstCode], func() prometheus.Counter {
		return rm.all.requests.WithLabelValues(rm.path, strconv.Itoa(code))
	}).Inc()
}

// resolved returns what is in slot, and fills it the first time.
func resolved[T any](slot *atomic.Pointer[T], look func() T) T {
	if found := slot.Load(); found != nil {
		return *found
	}
	found := look()
	slot.Store(&found)
	return found
}
