// Answers stored over the REST API: durable, with their points, once it
// answers.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/askonce/askonce/bench/load"
)

// place is where a service keeps what it is brought.
type place struct {
	field  string
	what   string
	config string
	why    string // why it can't be had here; "" if it can
}

// storing compares the data folder, Redis, and Redis with Qdrant.
func (b *bench) storing(ctx context.Context) (err error) {
	redis, err := b.startRedis(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, redis.stop()) }()
	qdrant, why, err := startQdrant(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, qdrant.close(ctx)) }()
	return b.storeAt(ctx, places(redis, qdrant, why))
}

func places(redis *process, qdrant *qdrantServer, why string) []place {
	folder := place{
		field: "store_ms_p50", what: "POST /v1/cache/store of a new 2 KB answer, one at a time, embedding included: data folder",
		config: patience,
	}
	entries := place{field: "store_redis_ms_p50", what: "the same with entries on Redis, points in the data folder", why: needsRedis}
	both := place{field: "store_redis_qdrant_ms_p50", what: "the same with entries on Redis, points on Qdrant", why: needsRedis}
	if redis != nil {
		entries.config, entries.why = patience+onRedis(redis), ""
		both.why = why
	}
	if redis != nil && qdrant != nil {
		both.config, both.why = patience+onRedis(redis)+qdrant.config(), ""
	}
	return []place{folder, entries, both}
}

// storeAt measures the places that can be had.
func (b *bench) storeAt(ctx context.Context, places []place) (err error) {
	var sides []side
	for _, p := range places {
		if p.why != "" {
			continue
		}
		server, err := b.startConfigured(ctx, p.config)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, server.stop()) }()
		sides = append(sides, b.storeSide(server))
	}
	rounds, err := interleave(ctx, b.plan.rounds, sides...)
	if err != nil {
		return err
	}
	i := 0
	for _, p := range places {
		if p.why != "" {
			b.report.missing(p.field, p.what, p.why)
			continue
		}
		b.report.add(p.field, over(rounds, func(m []measured) float64 { return m[i].p50() / 1000 }), "ms", p.what)
		i++
	}
	return nil
}

func (b *bench) storeSide(server *process) side {
	return side{name: "stores", server: server, load: load.Options{
		Addr: server.addr, Connections: 1, For: b.plan.remote, MaxRequests: noLimit, Warmup: hitWarmup,
		Requests: b.workload(server.addr, "").stored, Check: isStored,
	}}
}

// isStored makes sure that an entry was stored, and its point.
func isStored(r load.Response) error {
	var answer struct {
		Semantic string `json:"semantic"`
	}
	if r.Status != http.StatusCreated {
		return fmt.Errorf("status %d: %s", r.Status, r.Body)
	}
	if err := json.Unmarshal(r.Body, &answer); err != nil {
		return err
	}
	if answer.Semantic != "stored" {
		return fmt.Errorf("stored without its point: %s", r.Body)
	}
	return nil
}
