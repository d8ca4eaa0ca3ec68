// What the ledger costs beside what cannot be avoided: a round trip.

package redisledger_test

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askonce/askonce/cache/rediscache/redistest"
	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
	"github.com/askonce/askonce/upstream/redisledger"
)

// trips counts the questions that go to the server.
type trips struct{ n atomic.Int64 }

func (c *trips) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (c *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		c.n.Add(1)
		return next(ctx, cmd)
	}
}

func (c *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		c.n.Add(1)
		return next(ctx, cmds)
	}
}

func BenchmarkTake(b *testing.B) {
	server := redistest.Start(b)
	c := redis.NewClient(&redis.Options{Addr: server.Addr(), Protocol: 2, DisableIdentity: true})
	defer c.Close()
	counted := &trips{}
	c.AddHook(counted)
	b.Run("ping", func(b *testing.B) {
		for b.Loop() {
			if err := c.Ping(b.Context()).Err(); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, counting := range []limit.Counting{limit.TokenBucket, limit.SlidingWindow} {
		b.Run("three axes of "+counting.String(), func(b *testing.B) {
			l, err := redisledger.New(redisledger.Options{Client: c, Timeout: patient, Prefix: counting.String(), Rules: func(string) ([]limit.Axis, bool) {
				return []limit.Axis{
					{Name: "requests", Unit: limit.Requests, Rule: limit.Rule{Counting: counting, Limit: 1 << 40}},
					{Name: "tokens", Unit: limit.TotalTokens, Rule: limit.Rule{Counting: counting, Limit: 1 << 49}},
					{Name: "day_requests", Unit: limit.Requests, Rule: limit.Rule{Counting: limit.UTCDay, Limit: 1 << 40}},
				}, true
			}})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			ask := limit.Ask{Want: limit.Amounts{limit.Requests: 1, limit.TotalTokens: 300}}
			before, began := counted.n.Load(), time.Now()
			for b.Loop() {
				if _, v, err := l.Take(b.Context(), "a", ask); err != nil || !v.OK {
					b.Fatal(v, err)
				}
			}
			beats := 2 * (time.Since(began).Seconds() + 1) // one, and one look, per second
			b.ReportMetric((float64(counted.n.Load()-before)-beats)/float64(b.N), "trips/op")
		})
	}
}

// BenchmarkTenThousandWaiters counts the questions per second while 10,000 calls
// wait for a limit that others use up.
func BenchmarkTenThousandWaiters(b *testing.B) {
	server := redistest.Start(b)
	c := redis.NewClient(&redis.Options{Addr: server.Addr(), Protocol: 2, DisableIdentity: true})
	defer c.Close()
	counted := &trips{}
	c.AddHook(counted)
	l, err := redisledger.New(redisledger.Options{Client: c, Timeout: patient, Rules: perMinute(1_000)})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	limiter, err := pace.New(pace.Options{Ledger: l})
	if err != nil {
		b.Fatal(err)
	}
	defer limiter.Close()
	request := func(tenant string, n int64) pace.Request {
		return pace.Request{Lane: pace.P2, Tenant: tenant, MaxWait: 10_000 * time.Hour, Deployment: pace.Claim{
			Subject: "a", Amounts: limit.Amounts{limit.TotalTokens: n},
		}}
	}
	if _, v, err := l.Take(b.Context(), "a", tokens(1_000)); err != nil || !v.OK {
		b.Fatal(v, err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	for i := range 10_000 {
		go func() { _, _ = limiter.Reserve(ctx, request(fmt.Sprint("tenant", i%100), 1_000)) }()
	}
	for limiter.Waiting("a").Calls[pace.P2] < 10_000 {
		time.Sleep(10 * time.Millisecond)
	}
	before, began := counted.n.Load(), time.Now()
	for b.Loop() {
		time.Sleep(time.Second)
	}
	b.ReportMetric(float64(counted.n.Load()-before)/time.Since(began).Seconds(), "trips/s")
}
