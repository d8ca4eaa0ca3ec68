// The memory of an entry on Redis.

package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/rediscache"
)

// memoryFields are of INFO memory: used_memory is what maxmemory bounds; the
// dataset is it without buffers, scripts and the tables of keys.
var memoryFields = []struct{ field, redis, what string }{
	{"redis_entry_bytes", "used_memory_dataset", "memory on Redis for an entry with a 2 KB answer and a tag: keys, values and index (used_memory_dataset)"},
	{"redis_entry_total_bytes", "used_memory", "the same with Redis's tables of keys and expiries: what maxmemory bounds (used_memory)"},
}

func (b *bench) entriesOnRedis(ctx context.Context) (err error) {
	redis, err := b.startRedis(ctx)
	if redis == nil {
		for _, f := range memoryFields {
			b.report.missing(f.field, f.what, needsRedis)
		}
		return err
	}
	defer func() { err = errors.Join(err, redis.stop()) }()
	// The first entries bring what is there once: scripts, index sets, buffers.
	if err := storeOnRedis(ctx, redis.addr, 0, writers); err != nil {
		return err
	}
	before, err := redisMemory(ctx, redis.addr)
	if err != nil {
		return err
	}
	if err := storeOnRedis(ctx, redis.addr, writers, b.plan.entries); err != nil {
		return err
	}
	after, err := redisMemory(ctx, redis.addr)
	if err != nil {
		return err
	}
	for i, f := range memoryFields {
		b.report.add(f.field, once((after[i]-before[i])/float64(b.plan.entries)), "bytes", f.what)
	}
	return nil
}

// storeOnRedis keeps n answers with a tag, as the service does.
func storeOnRedis(ctx context.Context, addr string, first, n int) (err error) {
	store, err := rediscache.Open(ctx, rediscache.Options{URL: "redis://" + addr, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return bring(ctx, cache.Options{Store: store}, first, n, "bench")
}

// redisMemory reads the memoryFields.
func redisMemory(ctx context.Context, addr string) ([]float64, error) {
	values := make([]float64, len(memoryFields))
	for i, f := range memoryFields {
		var err error
		if values[i], err = redisInfo(ctx, addr, "memory", f.redis); err != nil {
			return nil, err
		}
	}
	return values, nil
}
