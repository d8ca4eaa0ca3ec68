// What a run measured.

package load

import (
	"slices"
	"time"
)

// Result is what a run measured: the time between the answers of each
// connection, shortest first, and how long all of it took. The time includes
// the generator's own work on a request.
type Result struct {
	Latencies []time.Duration
	Took      time.Duration
}

func collect(workers []*worker, began time.Time) *Result {
	r := &Result{}
	for _, w := range workers {
		r.Latencies = append(r.Latencies, w.latencies...)
		r.Took = max(r.Took, w.ended.Sub(began))
	}
	slices.Sort(r.Latencies)
	return r
}

// RPS is the answers per second.
func (r *Result) RPS() float64 { return float64(len(r.Latencies)) / r.Took.Seconds() }

// Percentile returns the latency that the given share of answers (0 to 1) did
// not exceed, by the nearest rank.
func (r *Result) Percentile(share float64) time.Duration {
	last := len(r.Latencies) - 1
	return r.Latencies[min(last, max(0, int(share*float64(last)+0.5)))]
}
