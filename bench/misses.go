// Misses: what askonce adds to a provider that takes no time, beside what a
// bare proxy adds to it.

package main

import (
	"context"
	"errors"
	"time"

	"github.com/askonce/askonce/bench/load"
)

// misses measures with the semantic layer off.
func (b *bench) misses(ctx context.Context) (err error) {
	server, _, err := b.startAskonce(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	proxy, err := b.startBaseline(ctx, proxyRole, b.echo.addr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, proxy.stop()) }()

	sides := b.missSides(server, proxy, "exact", b.plan.misses)
	alone, err := interleave(ctx, b.plan.rounds, sides.with(1)...)
	if err != nil {
		return err
	}
	crowd, err := interleave(ctx, b.plan.rounds, sides.with(connections)...)
	if err != nil {
		return err
	}
	b.reportMisses(alone, crowd)
	return nil
}

// The sides of a comparison of misses.
const (
	directSide = iota
	missSide
	proxySide
)

type missSides []side

// missSides asks new questions of the provider directly, of askonce and, unless
// it is nil, of the bare proxy.
func (b *bench) missSides(server, proxy *process, mode string, d time.Duration) missSides {
	w := b.workload(server.addr, mode)
	sideOf := func(name string, p *process, from origin) side {
		return side{name: name, server: p, load: load.Options{
			Addr: p.addr, For: d, MaxRequests: noLimit, Warmup: missWarmup,
			Requests: w.at(p.addr).fresh, Check: answers(from),
		}}
	}
	sides := missSides{sideOf("direct", b.echo, fromEcho), sideOf("misses", server, fromProvider)}
	if proxy != nil {
		sides = append(sides, sideOf("bare proxy", proxy, fromEcho))
	}
	return sides
}

// with returns the sides with so many connections.
func (s missSides) with(connections int) []side {
	sides := make([]side, len(s))
	for i := range s {
		sides[i] = s[i]
		sides[i].load.Connections = connections
	}
	return sides
}

// missWarmup is short: what misses leave behind is still being written when
// the clock starts.
const missWarmup = 5

func (b *bench) reportMisses(alone, crowd [][]measured) {
	p50 := func(i int) spread { return over(alone, func(m []measured) float64 { return m[i].p50() }) }
	r := &b.report
	r.add("miss_added_us_p50", added(alone, missSide), "us",
		"p50 of a miss less p50 of asking the provider directly, one request at a time, semantic layer off")
	r.add("proxy_added_us_p50", added(alone, proxySide), "us", "what a bare net/http proxy adds")
	r.add("direct_us_p50", p50(directSide), "us", "the provider asked directly")
	r.add("miss_us_p50", p50(missSide), "us", "through askonce, every request new")
	r.add("proxy_us_p50", p50(proxySide), "us", "through the bare proxy")
	b.reportCPU(alone, "miss_cpu_us", missSide)
	b.reportCPU(alone, "proxy_cpu_us", proxySide)
	r.add("miss_added_loaded_us_p50", added(crowd, missSide), "us",
		"miss_added_us_p50 with 16 requests in flight: mostly the wait for a processor")
	r.add("proxy_added_loaded_us_p50", added(crowd, proxySide), "us", "what the bare proxy adds then")
	r.add("miss_over_proxy", over(crowd, func(m []measured) float64 { return m[missSide].RPS() / m[proxySide].RPS() }),
		"", "misses per second over the bare proxy's requests per second, 16 connections")
}

// added is how much longer a side takes than the provider itself.
func added(rounds [][]measured, side int) spread {
	return over(rounds, func(m []measured) float64 { return m[side].p50() - m[directSide].p50() })
}
