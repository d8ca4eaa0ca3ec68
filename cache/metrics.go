package cache

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askonce/askonce/policy/guard"
)

// metrics counts what the cache does. Every label has a fixed, small set of
// values; none comes from a request.
type metrics struct {
	lookups      *prometheus.CounterVec // layer
	misses       *prometheus.CounterVec // reason
	seconds      *prometheus.HistogramVec
	faults       *prometheus.CounterVec // dependency, kind
	kept         *prometheus.CounterVec // outcome
	saved        *prometheus.CounterVec // direction
	writes       *prometheus.CounterVec // outcome
	feedback     *prometheus.CounterVec // verdict
	audits       *prometheus.CounterVec // outcome
	alarms       prometheus.Counter
	joined       prometheus.Counter
	awaited      prometheus.Counter
	embedSeconds prometheus.Histogram

	searchSeconds prometheus.Histogram
	verifySeconds prometheus.Histogram

	vectors *prometheus.CounterVec // source

	refusals   *prometheus.CounterVec // guard
	verified   *prometheus.CounterVec // outcome
	shadowHits prometheus.Counter

	// resolved once for the hot path
	exactHits, semanticHits prometheus.Counter
	exactTime, semanticTime prometheus.Observer
	missTime                prometheus.Observer
	savedIn, savedOut       prometheus.Counter

	verifiedServed, verifiedRefused, verifiedFailed prometheus.Counter
	vectorsRemembered, vectorsEmbedded              prometheus.Counter
}

var timeBuckets = []float64{
	.00001, .000025, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5,
}

func newMetrics() *metrics {
	m := &metrics{
		lookups: counters("askonce_lookups_total", "Lookups, by the layer that answered (none: a miss).", "layer"),
		misses:  counters("askonce_misses_total", "Misses, by why nothing answered.", "reason"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "askonce_lookup_seconds", Help: "Time of a lookup, by the layer that answered.", Buckets: timeBuckets,
		}, []string{"layer"}),
		faults:   counters("askonce_dependency_errors_total", "Calls of a dependency that failed or were not made.", "dependency", "kind"),
		kept:     counters("askonce_answers_total", "Complete answers of the origin, by whether they were kept (or why not).", "outcome"),
		saved:    counters("askonce_saved_tokens_total", "Tokens of answers served from the cache.", "direction"),
		writes:   counters("askonce_writes_total", "Durable writes of answers, by outcome.", "outcome"),
		feedback: counters("askonce_feedback_total", "What callers said of answers.", "verdict"),
		audits:   counters("askonce_audits_total", "Audits of semantic hits, by what they found (right, wrong, undecided) or why they were not made.", "outcome"),
		alarms: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "askonce_alarms_total", Help: "Thresholds that were tightened since audits found too many wrong hits.",
		}),
		joined: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "askonce_joined_total", Help: "Requests that shared the origin call of another.",
		}),
		awaited: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "askonce_awaited_total", Help: "Flights that waited for another replica's call.",
		}),
		embedSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "askonce_embed_seconds", Help: "Time to embed a query text.", Buckets: timeBuckets,
		}),
		searchSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "askonce_search_seconds", Help: "Time to find the nearest candidates.", Buckets: timeBuckets,
		}),
		verifySeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "askonce_verify_seconds", Help: "Time of the verifier for one lookup.", Buckets: timeBuckets,
		}),
		vectors:  counters("askonce_vectors_total", "Vectors of query texts, by where they came from (memory, embedder).", "source"),
		refusals: counters("askonce_guard_refusals_total", "Candidates near enough that a guard refused, by guard.", "guard"),
		verified: counters("askonce_verified_total", "Candidates that the verifier was asked about, by outcome (passed, refused, failed).", "outcome"),
		shadowHits: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "askonce_shadow_hits_total", Help: "Semantic hits of namespaces in shadow mode: found and not served.",
		}),
	}
	m.exactHits, m.semanticHits = m.lookups.WithLabelValues("exact"), m.lookups.WithLabelValues("semantic")
	m.exactTime, m.semanticTime = m.seconds.WithLabelValues("exact"), m.seconds.WithLabelValues("semantic")
	m.missTime = m.seconds.WithLabelValues("none")
	m.vectorsRemembered, m.vectorsEmbedded = m.vectors.WithLabelValues("memory"), m.vectors.WithLabelValues("embedder")
	m.savedIn, m.savedOut = m.saved.WithLabelValues("input"), m.saved.WithLabelValues("output")
	m.verifiedServed, m.verifiedRefused = m.verified.WithLabelValues("passed"), m.verified.WithLabelValues("refused")
	m.verifiedFailed = m.verified.WithLabelValues("failed")
	return m
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

// looked counts one lookup.
func (m *metrics) looked(r *Receipt, entry *Entry, took time.Duration) {
	switch r.Layer {
	case LayerExact:
		m.exactHits.Inc()
		m.exactTime.Observe(took.Seconds())
	case LayerSemantic:
		m.semanticHits.Inc()
		m.semanticTime.Observe(took.Seconds())
	default:
		m.lookups.WithLabelValues("none").Inc()
		m.misses.WithLabelValues(string(r.Reason)).Inc()
		m.missTime.Observe(took.Seconds())
		return
	}
	m.savedIn.Add(float64(entry.Usage.Input))
	m.savedOut.Add(float64(entry.Usage.Output))
}

// guarded counts the guards that refused one candidate.
func (m *metrics) guarded(refused guard.Set) {
	for _, name := range refused.Names() {
		m.refusals.WithLabelValues(name).Inc()
	}
}

// said counts feedback.
func (m *metrics) said(right bool) {
	verdict := "wrong"
	if right {
		verdict = "right"
	}
	m.feedback.WithLabelValues(verdict).Inc()
}

func (m *metrics) fault(dependency, kind string) { m.faults.WithLabelValues(dependency, kind).Inc() }

// register shows the metrics, and gauges of what the cache holds now.
func (c *Cache) register(r prometheus.Registerer) error {
	m := c.metrics
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	collectors := []prometheus.Collector{
		m.lookups, m.misses, m.seconds, m.faults, m.kept, m.saved, m.writes, m.feedback, m.audits, m.alarms, m.joined, m.awaited, m.embedSeconds, m.searchSeconds,
		m.verifySeconds, m.vectors, m.refusals, m.verified, m.shadowHits,
		gauge("askonce_l1_entries", "Entries in the first-level cache.", func() float64 { n, _ := c.l1.size(); return float64(n) }),
		gauge("askonce_l1_bytes", "Bytes in the first-level cache.", func() float64 { _, n := c.l1.size(); return float64(n) }),
		gauge("askonce_vector_bytes", "Bytes of remembered vectors.", func() float64 { return float64(c.vectors.bytes()) }),
		gauge("askonce_alarmed_namespaces", "Namespaces that are served by a threshold which an alarm has tightened.", func() float64 { return float64(c.thresholds.alarmed()) }),
		gauge("askonce_flights", "Origin calls in the air.", func() float64 { return float64(c.flights.count()) }),
		gauge("askonce_write_queue_entries", "Answers waiting for their durable write.", func() float64 { return float64(c.queue.pending()) }),
	}
	for _, d := range c.dependencies() {
		collectors = append(collectors, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "askonce_dependency_up", Help: "1 while the dependency is asked, 0 while its breaker is open.",
			ConstLabels: prometheus.Labels{"dependency": d.name},
		}, func() float64 {
			if d.breaker.IsClosed() {
				return 1
			}
			return 0
		}))
	}
	var problems []error
	for _, collector := range collectors {
		problems = append(problems, r.Register(collector))
	}
	return errors.Join(problems...)
}
