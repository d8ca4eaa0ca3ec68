// Metrics of the connection pool.

package rediscache

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// poolMetrics shows what the client counts, summed over all servers, so that
// the number of series does not depend on how many there are.
type poolMetrics struct {
	client      redis.UniversalClient
	connections *prometheus.Desc
	takes       *prometheus.Desc
	timeouts    *prometheus.Desc
	stale       *prometheus.Desc
}

func newPoolMetrics(client redis.UniversalClient) *poolMetrics {
	return &poolMetrics{
		client:      client,
		connections: prometheus.NewDesc("askonce_redis_connections", "Connections to Redis, by what they do.", []string{"state"}, nil),
		takes:       prometheus.NewDesc("askonce_redis_connection_takes_total", "Connections taken from the pool: idle ones, or newly made.", []string{"source"}, nil),
		timeouts:    prometheus.NewDesc("askonce_redis_pool_timeouts_total", "Calls that got no connection in time.", nil, nil),
		stale:       prometheus.NewDesc("askonce_redis_stale_connections_total", "Connections closed because they were broken or too old.", nil, nil),
	}
}

// Describe implements [prometheus.Collector].
func (m *poolMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.connections, m.takes, m.timeouts, m.stale} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (m *poolMetrics) Collect(to chan<- prometheus.Metric) {
	stats := m.client.PoolStats()
	idle := min(stats.IdleConns, stats.TotalConns)
	to <- prometheus.MustNewConstMetric(m.connections, prometheus.GaugeValue, float64(idle), "idle")
	to <- prometheus.MustNewConstMetric(m.connections, prometheus.GaugeValue, float64(stats.TotalConns-idle), "busy")
	to <- prometheus.MustNewConstMetric(m.takes, prometheus.CounterValue, float64(stats.Hits), "idle")
	to <- prometheus.MustNewConstMetric(m.takes, prometheus.CounterValue, float64(stats.Misses), "new")
	to <- prometheus.MustNewConstMetric(m.timeouts, prometheus.CounterValue, float64(stats.Timeouts))
	to <- prometheus.MustNewConstMetric(m.stale, prometheus.CounterValue, float64(stats.StaleConns))
}
