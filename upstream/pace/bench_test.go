//go:build unix

// What waiting costs.

package pace_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

// BenchmarkTenThousandWaiters lets 10,000 calls of 100 tenants wait for a second
// at a time, and reports the processor time that takes.
func BenchmarkTenThousandWaiters(b *testing.B) {
	ledger := pace.NewLocal(func(string) ([]limit.Axis, bool) { return atATime(1), true })
	limiter, err := pace.New(pace.Options{Ledger: ledger})
	if err != nil {
		b.Fatal(err)
	}
	defer limiter.Close()
	if _, err := limiter.Reserve(b.Context(), ask(pace.P1, "first", 1)); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	for i := range 10_000 {
		go func() { _, _ = limiter.Reserve(ctx, ask(pace.P2, fmt.Sprint("tenant", i%100), 1)) }()
	}
	for limiter.Waiting(deployment).Calls[pace.P2] < 10_000 {
		time.Sleep(time.Millisecond)
	}
	before, began := processorTime(b), time.Now()
	for b.Loop() {
		time.Sleep(time.Second)
	}
	used := processorTime(b) - before
	b.ReportMetric(100*float64(used)/float64(time.Since(began)), "%cpu")
}
