// The metrics registry: what the process is and what its stores hold.

package main

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/askonce/askonce/cache/embedded"
)

// newRegistry returns a registry with what holds for every process.
func newRegistry() *prometheus.Registry {
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "askonce_build_info", Help: "1, with the build's version.",
		ConstLabels: prometheus.Labels{"version": buildVersion(), "go": runtime.Version()},
	})
	build.Set(1)
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build)
	return r
}

// registerStats shows what a data folder holds.
func registerStats(r *prometheus.Registry, db *embedded.DB) {
	gauge := func(name, help string, value func(embedded.Stats) int64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return float64(value(db.Stats())) })
	}
	r.MustRegister(
		gauge("askonce_store_entries", "Entries in the data folder.", func(s embedded.Stats) int64 { return s.Entries }),
		gauge("askonce_store_bytes", "Bytes of entries and points in the data folder.", func(s embedded.Stats) int64 { return s.Bytes }),
		gauge("askonce_index_points", "Questions in the semantic index.", func(s embedded.Stats) int64 { return s.Points }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "askonce_store_evicted_total", Help: "Entries removed to make room."},
			func() float64 { return float64(db.Stats().Evicted) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "askonce_store_expired_total", Help: "Expired entries removed."},
			func() float64 { return float64(db.Stats().Expired) }),
	)
}
