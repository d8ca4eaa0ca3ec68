package cache

import (
	"context"
	"crypto/sha256"
	"time"
)

// probeEvery is how often a dependency whose breaker is open is tried, so that
// its recovery is seen without traffic.
const probeEvery = time.Second

// probeKey is asked for and leased by probes; nothing is stored under it.
var probeKey = Key(sha256.Sum256([]byte("askonce probe")))

// depend makes the dependencies.
func (c *Cache) depend() {
	o := &c.opts
	c.store = newDependency("store", o.StoreTimeout, c.metrics, c.log)
	c.storeWrites = newDependency("store_writes", o.WriteTimeout, c.metrics, c.log)
	c.index = newDependency("index", o.IndexTimeout, c.metrics, c.log)
	c.indexWrites = newDependency("index_writes", o.WriteTimeout, c.metrics, c.log)
	c.embedder = newDependency("embedder", o.EmbedTimeout, c.metrics, c.log)
	c.verifier = newDependency("verifier", o.VerifyTimeout, c.metrics, c.log)
	if c.verifier.off = o.Verifier == nil; !c.verifier.off {
		c.verifier.probe = func(ctx context.Context) error {
			_, err := o.Verifier.Verify(ctx, "probe", []string{"probe"}, []float64{1})
			return err
		}
	}
	c.store.probe = func(ctx context.Context) error {
		_, err := o.Store.Get(ctx, probeKey)
		return err
	}
	if shared, ok := o.Store.(Shared); ok {
		c.storeWrites.probe = func(ctx context.Context) error {
			_, err := shared.Acquire(ctx, probeKey, "probe", probeEvery)
			return err
		}
	}
	if o.Embedder == nil {
		c.index.off, c.indexWrites.off, c.embedder.off = true, true, true
		return
	}
	c.identity, c.dimensions = o.Embedder.Identity(), o.Embedder.Dimensions()
	c.index.probe = func(ctx context.Context) error {
		vector := make([]float32, c.dimensions)
		vector[0] = 1
		_, err := o.Index.Nearest(ctx, Nearest{Scope: Scope(probeKey), Vector: vector, K: 1})
		return err
	}
	c.indexWrites.probe = func(ctx context.Context) error { return o.Index.Delete(ctx, []Key{probeKey}) }
	c.embedder.probe = func(ctx context.Context) error {
		_, err := o.Embedder.Embed(ctx, []string{"probe"})
		return err
	}
}

func (c *Cache) dependencies() []*dependency {
	return []*dependency{c.store, c.storeWrites, c.index, c.indexWrites, c.embedder, c.verifier}
}

// probe tries what fails until it is back, and gives the index what it missed,
// until ctx ends.
func (c *Cache) probe(ctx context.Context) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.probeFailing(ctx)
			c.writeBacklog(ctx)
		}
	}
}

func (c *Cache) probeFailing(ctx context.Context) {
	for _, d := range c.dependencies() {
		if d.probe == nil || d.breaker.IsClosed() {
			continue
		}
		_, _ = ask(ctx, d, patience{timeout: min(d.timeout, probeEvery)}, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, d.probe(ctx)
		})
	}
}
