// Exact hits: answers per second through askonce over those of the bare echo
// handler, which reads and writes the same bytes.

package main

import (
	"context"
	"errors"

	"github.com/askonce/askonce/bench/load"
)

const (
	connections = 16
	noLimit     = 1 << 20 // requests of a connection in a round: time ends it
	warmup      = 50      // requests of each connection before a round
)

func (b *bench) exactHits(ctx context.Context) (err error) {
	server, _, err := b.startAskonce(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	w := b.workload(server.addr, "")
	if err := prime(ctx, w.addr, w.same(0), fromExact); err != nil {
		return err
	}
	sides := func(w workload, name string, p *process, requests func(workload, int) load.Source, from origin) side {
		return side{name: name, server: p, load: load.Options{
			Addr: p.addr, Connections: connections, For: b.plan.hits, MaxRequests: noLimit, Warmup: warmup,
			Requests: func(i int) load.Source { return requests(w, i) }, Check: answers(from),
		}}
	}
	rounds, err := interleave(ctx, b.plan.rounds,
		sides(w.at(b.echo.addr), "bare echo", b.echo, workload.same, fromEcho),
		sides(w, "exact hits", server, workload.same, fromExact),
		sides(w, "exact hits, varied bytes", server, workload.varied, fromExact))
	if err != nil {
		return err
	}
	b.reportHits(rounds)
	b.reportMemory("rss_loaded_mb", server, "resident memory after these")
	return nil
}

// reportHits adds the figures of rounds with the sides echo, exact, varied.
func (b *bench) reportHits(rounds [][]measured) {
	const echo, exact, varied = 0, 1, 2
	rps := func(i int) spread { return over(rounds, func(m []measured) float64 { return m[i].RPS() }) }
	ratio := func(i int) spread {
		return over(rounds, func(m []measured) float64 { return m[i].RPS() / m[echo].RPS() })
	}
	p50 := func(i int) spread { return over(rounds, func(m []measured) float64 { return m[i].p50() }) }
	p99 := func(i int) spread { return over(rounds, func(m []measured) float64 { return m[i].p99() }) }
	r := &b.report
	r.add("exact_over_echo", ratio(exact), "", "exact hits per second over bare echo's, 16 connections, the same bytes each time")
	r.add("exact_varied_over_echo", ratio(varied), "", "the same with other white space and member order each time")
	r.add("echo_rps", rps(echo), "1/s", "bare echo v4 handler, 2 KB in and 2 KB out")
	r.add("exact_rps", rps(exact), "1/s", "exact hits")
	r.add("exact_varied_rps", rps(varied), "1/s", "exact hits, varied bytes")
	r.add("echo_us_p50", p50(echo), "us", "latency with 16 requests in flight")
	r.add("echo_us_p99", p99(echo), "us", "")
	r.add("exact_us_p50", p50(exact), "us", "")
	r.add("exact_us_p99", p99(exact), "us", "")
	r.add("exact_varied_us_p50", p50(varied), "us", "")
	r.add("exact_varied_us_p99", p99(varied), "us", "")
	b.reportCPU(rounds, "echo_cpu_us", echo)
	b.reportCPU(rounds, "exact_cpu_us", exact)
	b.reportCPU(rounds, "exact_varied_cpu_us", varied)
}

// reportCPU adds what an answer costs the server alone: unlike a rate, it has
// no share of the generator in it.
func (b *bench) reportCPU(rounds [][]measured, field string, i int) {
	const what = "processor time of the server for one answer"
	if _, err := b.echo.cpu(); err != nil {
		b.report.missing(field, what, needsProc)
		return
	}
	b.report.add(field, over(rounds, func(m []measured) float64 { return microseconds(m[i].cpu) }), "us", what)
}

func (b *bench) workload(addr, mode string) workload {
	return workload{addr: addr, mode: mode, serial: b.serial}
}
