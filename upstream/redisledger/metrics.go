// What the ledger shows of itself.

package redisledger

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	failures prometheus.Counter
	alone    prometheus.Counter
}

func newMetrics(r prometheus.Registerer, l *Ledger) (*metrics, error) {
	m := &metrics{
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "askonce_limits_redis_failures_total", Help: "Calls for limits that Redis did not answer in time.",
		}),
		alone: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "askonce_limits_alone_total", Help: "Takes that were counted by this replica alone, in its share.",
		}),
	}
	if r == nil {
		return m, nil
	}
	shared := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "askonce_limits_shared", Help: "1 while limits are counted in Redis, 0 while by this replica alone.",
	}, func() float64 {
		if l.link.up() {
			return 1
		}
		return 0
	})
	replicas := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "askonce_limits_replicas", Help: "Replicas that share the limits, as last seen.",
	}, func() float64 { return float64(l.link.count()) })
	return m, errors.Join(r.Register(m.failures), r.Register(m.alone), r.Register(shared), r.Register(replicas))
}
