// Everything at once, on real goroutines and in real time.

package pace_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func TestNothingIsLostUnderLoad(t *testing.T) {
	axes := append(atATime(8), limit.Axis{Name: "tokens", Unit: limit.TotalTokens, Rule: limit.Rule{
		Counting: limit.TokenBucket, Limit: 20_000, Window: 100 * time.Millisecond,
	}})
	h := newHouse(t, axes, atATime(3), pace.Options{MaxWaiting: 20, Recheck: 10 * time.Millisecond})
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			for range 10 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(20_000))*time.Microsecond)
				req := ask(pace.Lane(i%3), fmt.Sprint(i%7), rand.Int64N(500))
				req.TenantLimits.Subject = req.Tenant
				if i%2 == 0 {
					req.Deployment.Subject = "second"
				}
				r, err := h.Reserve(ctx, req)
				switch {
				case err != nil:
				case i%5 == 0:
					r.Cancel()
				default:
					r.Settle(req.Deployment.Amounts, limit.Amounts{})
				}
				cancel()
			}
		})
	}
	all.Wait()
	deadline := time.Now().Add(5 * time.Second)
	for _, subject := range []string{deployment, "second", "0", "1", "2", "3", "4", "5", "6"} {
		for {
			standings, err := h.ledger.Standings(t.Context(), subject)
			if err != nil {
				t.Fatal(err)
			}
			if standings[0].Used == 0 && h.Waiting(subject) == (pace.Waiting{}) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %d calls are still counted; %+v", subject, standings[0].Used, h.Waiting(subject))
			}
			time.Sleep(time.Millisecond) // a try that nobody waits for is being given back
		}
	}
}

func BenchmarkReserve(b *testing.B) {
	axes := func(n int64) []limit.Axis {
		return []limit.Axis{
			{Name: "requests", Unit: limit.Requests, Rule: limit.Rule{Counting: limit.SlidingWindow, Limit: n}},
			{Name: "tokens", Unit: limit.TotalTokens, Rule: limit.Rule{Counting: limit.TokenBucket, Limit: n}},
			{Name: "calls", Unit: limit.Calls, Rule: limit.Rule{Counting: limit.Concurrency, Limit: n}},
		}
	}
	tenant := ask(pace.P1, "a", 1)
	tenant.TenantLimits = pace.Claim{Subject: "a", Amounts: tenant.Deployment.Amounts}
	for _, c := range []struct {
		name string
		req  pace.Request
	}{{"deployment", ask(pace.P1, "a", 1)}, {"tenant-and-deployment", tenant}} {
		b.Run(c.name, func(b *testing.B) {
			h := newHouse(b, axes(1<<50), axes(1<<50), pace.Options{})
			b.ReportAllocs()
			for b.Loop() {
				r, err := h.Reserve(b.Context(), c.req)
				if err != nil {
					b.Fatal(err)
				}
				r.Settle(c.req.Deployment.Amounts, c.req.Deployment.Amounts)
			}
		})
	}
}

// BenchmarkReserveAlone leaves settling out of the time, on three axes.
func BenchmarkReserveAlone(b *testing.B) {
	h := newHouse(b, []limit.Axis{
		{Name: "requests", Unit: limit.Requests, Rule: limit.Rule{Counting: limit.SlidingWindow, Limit: 1 << 50}},
		{Name: "tokens", Unit: limit.TotalTokens, Rule: limit.Rule{Counting: limit.TokenBucket, Limit: 1 << 50}},
		{Name: "calls", Unit: limit.Calls, Rule: limit.Rule{Counting: limit.Concurrency, Limit: 1 << 50}},
	}, nil, pace.Options{})
	req := ask(pace.P1, "a", 1)
	held := make([]*pace.Reservation, 0, 4096)
	settle := func() {
		for _, r := range held {
			r.Settle(req.Deployment.Amounts, req.Deployment.Amounts)
		}
		held = held[:0]
	}
	b.ReportAllocs()
	for range b.N {
		r, err := h.Reserve(b.Context(), req)
		if err != nil {
			b.Fatal(err)
		}
		if held = append(held, r); len(held) == cap(held) {
			b.StopTimer()
			settle()
			b.StartTimer()
		}
	}
	b.StopTimer()
	settle()
}

// BenchmarkRefuse is the cost of telling a call that it would wait too long,
// and how long, while 10,000 others of 100 tenants wait.
func BenchmarkRefuse(b *testing.B) {
	h := newHouse(b, perMinute(limit.TokenBucket, 10_000), nil, pace.Options{MaxWait: [3]time.Duration{0, 0, 10_000 * time.Hour}})
	if _, err := h.Reserve(b.Context(), ask(pace.P2, "a", 10_000)); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	for i := range 10_000 {
		all.Go(func() { _, _ = h.Reserve(ctx, ask(pace.P2, fmt.Sprint(i%100), 9_000)) })
	}
	for h.Waiting(deployment).Calls[pace.P2] < 10_000 {
		time.Sleep(time.Millisecond)
	}
	req := ask(pace.P2, "one more", 9_000)
	req.MaxWait = -1
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Reserve(ctx, req); err == nil {
			b.Fatal("granted")
		}
	}
}
