// Exact hits from Redis with the first level off, beside bare GETs of the same
// value and hits of the default configuration.

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/askonce/askonce/bench/load"
)

// redisFields are null without a redis-server.
var redisFields = []string{
	"redis_over_echo", "redis_over_get", "redis_hit_over_parts", "redis_rps", "redis_get_rps", "redis_us_p50", "redis_us_p99",
	"redis_hit_cpu_us", "redis_hit_p50_us", "redis_roundtrip_p50_us", "embedded_hit_p50_us", "redis_value_bytes",
}

func (b *bench) redisHits(ctx context.Context) (err error) {
	redis, err := b.startRedis(ctx)
	if redis == nil {
		b.report.missingAll(redisFields, needsRedis)
		return err
	}
	defer func() { err = errors.Join(err, redis.stop()) }()
	remote, err := b.startConfigured(ctx, noFirstLevel+onRedis(redis))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remote.stop()) }()
	plain, _, err := b.startAskonce(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, plain.stop()) }()
	return b.compareRedis(ctx, redis, remote, plain)
}

// The sides of a comparison of hits from Redis.
const (
	redisHitSide = iota
	redisGetSide
	otherSide // the bare echo with 16 requests in flight, the embedded hit with one
)

func (b *bench) compareRedis(ctx context.Context, redis, remote, plain *process) error {
	value, get, err := b.storedOnRedis(ctx, redis, remote)
	if err != nil {
		return err
	}
	if err := prime(ctx, plain.addr, b.workload(plain.addr, "").same(0), fromExact); err != nil {
		return err
	}
	sides := func(connections int, other side) []side {
		all := []side{b.exactSide(remote, fromExact), {name: "bare GETs", server: redis, load: get}, other}
		for i := range all {
			l := &all[i].load
			l.Connections, l.For, l.MaxRequests, l.Warmup = connections, b.plan.remote, noLimit, warmup
		}
		return all
	}
	crowd, err := interleave(ctx, b.plan.rounds, sides(connections, b.exactSide(b.echo, fromEcho))...)
	if err != nil {
		return err
	}
	alone, err := interleave(ctx, b.plan.rounds, sides(1, b.exactSide(plain, fromExact))...)
	if err != nil {
		return err
	}
	b.reportRedis(crowd, alone)
	b.report.add("redis_value_bytes", once(float64(len(value))), "bytes", "the value that hits and bare GETs read")
	return nil
}

// exactSide asks a server the same question in the same bytes.
func (b *bench) exactSide(p *process, from origin) side {
	return side{name: "hits from " + p.name, server: p, load: load.Options{
		Addr: p.addr, Requests: b.workload(p.addr, "").same, Check: answers(from),
	}}
}

// storedOnRedis has the answer stored, makes sure that every hit reads Redis,
// and returns the stored value with what GETs of it are.
func (b *bench) storedOnRedis(ctx context.Context, redis, remote *process) ([]byte, load.Options, error) {
	ask := b.workload(remote.addr, "").same(0)
	if err := prime(ctx, remote.addr, ask, fromExact); err != nil {
		return nil, load.Options{}, err
	}
	if err := readsRedis(ctx, redis, func() error { return prime(ctx, remote.addr, ask, fromExact) }); err != nil {
		return nil, load.Options{}, err
	}
	key, err := redisDo(ctx, redis.addr, "eval", "return redis.call('keys', 'askonce:e:*')[1]", "0")
	if err != nil {
		return nil, load.Options{}, fmt.Errorf("the entry's key: %w", err)
	}
	text, err := redisDo(ctx, redis.addr, "get", key)
	if err != nil {
		return nil, load.Options{}, fmt.Errorf("the entry's value: %w", err)
	}
	value, command := []byte(strings.Clone(text)), load.Command("get", key)
	return value, load.Options{
		Protocol: load.Redis, Addr: redis.addr,
		Requests: func(int) load.Source { return func() []byte { return command } },
		Check: func(r load.Response) error {
			if !bytes.Equal(r.Body, value) {
				return errors.New("not the stored value")
			}
			return nil
		},
	}, nil
}

// readsRedis makes sure that each of some hits is a read of the server.
func readsRedis(ctx context.Context, redis *process, hit func() error) error {
	const hits = 20
	before, err := redisInfo(ctx, redis.addr, "stats", "keyspace_hits")
	for i := 0; err == nil && i < hits; i++ {
		err = hit()
	}
	if err != nil {
		return err
	}
	after, err := redisInfo(ctx, redis.addr, "stats", "keyspace_hits")
	if err == nil && after-before < hits {
		err = fmt.Errorf("%d hits read Redis only %v times", hits, after-before)
	}
	return err
}

func (b *bench) reportRedis(crowd, alone [][]measured) {
	r := &b.report
	rps := func(i int) spread { return over(crowd, func(m []measured) float64 { return m[i].RPS() }) }
	rpsOver := func(i int) spread {
		return over(crowd, func(m []measured) float64 { return m[redisHitSide].RPS() / m[i].RPS() })
	}
	p50 := func(i int) spread { return over(alone, func(m []measured) float64 { return m[i].p50() }) }
	r.add("redis_over_echo", rpsOver(otherSide), "", "exact hits per second from Redis, l1_bytes 0, over bare echo's, 16 connections")
	r.add("redis_over_get", rpsOver(redisGetSide), "", "the same over bare GETs of the stored value")
	r.add("redis_hit_over_parts", over(alone, func(m []measured) float64 {
		return m[redisHitSide].p50() / (m[redisGetSide].p50() + m[otherSide].p50())
	}), "", "redis_hit over redis_roundtrip and embedded_hit together, one request at a time")
	r.add("redis_rps", rps(redisHitSide), "1/s", "exact hits from Redis")
	r.add("redis_get_rps", rps(redisGetSide), "1/s", "bare GETs of the stored value, 16 connections")
	r.add("redis_us_p50", over(crowd, func(m []measured) float64 { return m[redisHitSide].p50() }), "us", "exact hits from Redis, 16 requests in flight")
	r.add("redis_us_p99", over(crowd, func(m []measured) float64 { return m[redisHitSide].p99() }), "us", "")
	b.reportCPU(crowd, "redis_hit_cpu_us", redisHitSide)
	r.add("redis_hit_p50_us", p50(redisHitSide), "us", "exact hit from Redis, one request at a time")
	r.add("redis_roundtrip_p50_us", p50(redisGetSide), "us", "bare GET of the stored value")
	r.add("embedded_hit_p50_us", p50(otherSide), "us", "exact hit of the default configuration, from memory")
}
