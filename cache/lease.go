package cache

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"
)

const (
	// leaseLife is how long a lease outlives the replica that took it: what a
	// crash costs those who wait.
	leaseLife = 5 * time.Second

	// leaseRenewal is when a flight in the air renews its lease.
	leaseRenewal = leaseLife / 3

	// maxWaits is how many calls of other replicas a flight waits for before it
	// goes on alone: the one in the air, and the one that takes over when that
	// was lost, so that one replica asks again and not all of them. More would
	// be a queue behind answers that are not to be kept.
	maxWaits = 2
)

// leases keeps replicas from asking the origin the same at the same time: the
// one that holds the lease on a key calls, the others wait for its answer to
// appear in the store. A lease is a saving, never a condition: a store that
// cannot be asked costs a duplicate call.
type leases struct {
	c      *Cache
	shared Shared // nil for a store of one process
	holder string // names this replica
}

func newLeases(c *Cache) *leases {
	shared, _ := c.opts.Store.(Shared)
	id := make([]byte, 16)
	rand.Read(id)
	return &leases{c: c, shared: shared, holder: hex.EncodeToString(id)}
}

// lease is one that is held; the zero lease holds nothing.
type lease struct {
	all  *leases
	key  Key
	stop context.CancelFunc // ends the renewal
}

// sharedLife is how long memory is believed where other replicas delete too:
// what a deletion that was not heard of can cost at most.
const sharedLife = 30 * time.Second

// believed is how long memory is believed; 0 is for ever.
func (l *leases) believed() time.Duration {
	if l.shared == nil {
		return 0
	}
	return sharedLife
}

// enter takes the lease on a flight's key, or waits until the replica that has
// it is done and returns the entry that it left. Neither happens where no lease
// is needed or to be had: then the caller goes on alone.
func (l *leases) enter(ctx context.Context, f *flight, s *search) (lease, *Entry) {
	if l.shared == nil || f.private || !f.keep {
		return lease{}, nil
	}
	for range maxWaits {
		held, err := l.acquire(ctx, s.req.Key)
		if err != nil {
			break
		}
		if held {
			return l.hold(ctx, s.req.Key), nil
		}
		l.c.metrics.awaited.Inc()
		if err := l.shared.Await(ctx, s.req.Key); err != nil {
			break
		}
		s.start = time.Now() // the wait was not the cache's own work
		if entry := s.exact(ctx); entry != nil {
			return lease{}, entry
		}
	}
	return lease{}, nil
}

func (l *leases) acquire(ctx context.Context, key Key) (bool, error) {
	return ask(ctx, l.c.storeWrites, patience{timeout: l.c.opts.StoreTimeout}, func(ctx context.Context) (bool, error) {
		return l.shared.Acquire(ctx, key, l.holder, leaseLife)
	})
}

// hold renews the lease until it is released.
func (l *leases) hold(ctx context.Context, key Key) lease {
	ctx, stop := context.WithCancel(ctx)
	go func() {
		tick := time.NewTicker(leaseRenewal)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_, _ = l.acquire(ctx, key)
			case <-ctx.Done():
				return
			}
		}
	}()
	return lease{all: l, key: key, stop: stop}
}

// release wakes the replicas that wait. It is called when the answer can be
// read from the store, or when there is none to come.
func (h lease) release() {
	if h.all == nil {
		return
	}
	h.stop()
	l := h.all
	_, _ = ask(context.Background(), l.c.store, patience{timeout: l.c.opts.StoreTimeout}, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, l.shared.Release(ctx, h.key, l.holder)
	})
}

// watch forgets in memory what other replicas delete.
func (c *Cache) watch(ctx context.Context, shared Shared) {
	shared.Watch(ctx,
		func(keys []Key) {
			for _, key := range keys {
				c.revoked.add(revocation{key: key})
				c.l1.remove(key)
			}
		},
		c.l1.clear)
}
