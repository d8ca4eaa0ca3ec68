// Misses with the semantic layer off: what askonce adds to a provider that
// takes no time.

package main

import (
	"context"
	"errors"
	"time"

	"github.com/askonce/askonce/bench/load"
)

func (b *bench) misses(ctx context.Context) (err error) {
	server, _, err := b.startAskonce(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	alone, err := b.compareMisses(ctx, server, "exact", 1, b.plan.misses)
	if err != nil {
		return err
	}
	b.report.add("miss_added_us_p50", added(alone), "us", "p50 of a miss less p50 of asking the provider directly, one request at a time, semantic layer off")
	b.report.add("direct_us_p50", over(alone, directP50), "us", "the provider asked directly, one request at a time")
	b.report.add("miss_us_p50", over(alone, missP50), "us", "the same through askonce, every request new")
	b.reportCPU(alone, "miss_cpu_us", missSide)

	crowd, err := b.compareMisses(ctx, server, "exact", connections, b.plan.misses)
	if err != nil {
		return err
	}
	b.report.add("miss_added_loaded_us_p50", added(crowd), "us", "the same with 16 requests in flight, where most of it is waiting for a processor")
	b.report.add("miss_over_direct", over(crowd, func(m []measured) float64 { return m[missSide].RPS() / m[directSide].RPS() }),
		"", "misses per second over direct requests per second, 16 connections")
	return nil
}

// The sides of a comparison of misses.
const (
	directSide = 0
	missSide   = 1
)

// compareMisses asks new questions of the provider and of askonce in turn.
func (b *bench) compareMisses(ctx context.Context, server *process, mode string, conns int, d time.Duration) ([][]measured, error) {
	w := b.workload(server.addr, mode)
	direct := load.Options{
		Addr: b.echo.addr, Connections: conns, For: d, MaxRequests: noLimit, Warmup: missWarmup,
		Requests: w.at(b.echo.addr).fresh, Check: answers(fromEcho),
	}
	miss := direct
	miss.Addr, miss.Requests, miss.Check = server.addr, w.fresh, answers(fromProvider)
	return interleave(ctx, b.plan.rounds, side{"direct", b.echo, direct}, side{"misses", server, miss})
}

// missWarmup is short: what misses leave behind is still being written when
// the clock starts.
const missWarmup = 5

func directP50(m []measured) float64 { return m[directSide].p50() }
func missP50(m []measured) float64   { return m[missSide].p50() }

func added(rounds [][]measured) spread {
	return over(rounds, func(m []measured) float64 { return missP50(m) - directP50(m) })
}
