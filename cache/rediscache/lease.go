// Leases, and waiting for others' leases.

package rediscache

import (
	"context"
	"sync"
	"time"

	"github.com/askonce/askonce/cache"
)

const (
	// askTimeout bounds one question about a lease, whatever time its asker has.
	askTimeout = 2 * time.Second

	// afterExpiry is waited beyond a lease's remaining life, which Redis
	// gives in whole milliseconds.
	afterExpiry = 2 * time.Millisecond

	listenPause = 100 * time.Millisecond
)

// Acquire implements [cache.Shared].
func (s *Store) Acquire(ctx context.Context, key cache.Key, holder string, life time.Duration) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	held, err := acquireScript.Run(ctx, s.client, []string{s.names.leaseKey(key)}, holder, max(life.Milliseconds(), 1)).Bool()
	return held, fault(ctx, "acquire", err)
}

// Release implements [cache.Shared].
func (s *Store) Release(ctx context.Context, key cache.Key, holder string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := releaseScript.Run(ctx, s.client, []string{s.names.leaseKey(key)}, holder, s.names.released, key[:]).Err()
	return fault(ctx, "release", err)
}

// Await implements [cache.Shared]. All waiters share one subscription; each
// asks the server when it begins, when the subscription was interrupted, and
// when the lease should have expired. It returns an error when the server
// can't be asked.
func (s *Store) Await(ctx context.Context, key cache.Key) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := s.waiting.enter(s, key)
	defer s.waiting.leave(key, w)
	for {
		left, err := s.leaseLeft(ctx, key)
		if err != nil {
			return fault(ctx, "await", err)
		}
		if left <= 0 {
			return nil
		}
		expiry := time.NewTimer(left + afterExpiry)
		select {
		case <-w.released:
			expiry.Stop()
			return nil
		case <-w.recheck:
		case <-expiry.C:
		case <-s.closed:
			expiry.Stop()
			return ErrClosed
		case <-ctx.Done():
			expiry.Stop()
			return ctx.Err()
		}
		expiry.Stop()
	}
}

// leaseLeft returns how long the lease on key still lives: nothing if nobody
// holds it.
func (s *Store) leaseLeft(ctx context.Context, key cache.Key) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return s.client.PTTL(ctx, s.names.leaseKey(key)).Result()
}

// waiter is one Await.
type waiter struct {
	released chan struct{} // the lease was given up
	recheck  chan struct{} // a message about it may have been missed
}

// waiting holds all waiters of a Store.
type waiting struct {
	start sync.Once // of the subscription

	mu    sync.Mutex
	byKey map[cache.Key]map[*waiter]struct{}
}

func (ws *waiting) enter(s *Store, key cache.Key) *waiter {
	w := &waiter{released: make(chan struct{}, 1), recheck: make(chan struct{}, 1)}
	ws.mu.Lock()
	if ws.byKey[key] == nil {
		ws.byKey[key] = make(map[*waiter]struct{})
	}
	ws.byKey[key][w] = struct{}{}
	ws.mu.Unlock()
	ws.start.Do(func() { s.background(s.listenReleases) })
	return w
}

func (ws *waiting) leave(key cache.Key, w *waiter) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	delete(ws.byKey[key], w)
	if len(ws.byKey[key]) == 0 {
		delete(ws.byKey, key)
	}
}

// released wakes those who wait for one key.
func (ws *waiting) released(payload string) error {
	var key cache.Key
	if copy(key[:], payload) != len(key) {
		return nil
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.byKey[key] {
		signal(w.released)
	}
	return nil
}

// recheckAll makes all who wait ask the server.
func (ws *waiting) recheckAll() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for _, waiters := range ws.byKey {
		for w := range waiters {
			signal(w.recheck)
		}
	}
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// listenReleases keeps the waiters' subscription up.
func (s *Store) listenReleases(ctx context.Context) {
	for ctx.Err() == nil {
		_ = s.listen(ctx, listener{
			channel: s.names.released,
			message: s.waiting.released,
			ready: func(context.Context) error {
				s.waiting.recheckAll()
				return nil
			},
		})
		s.waiting.recheckAll()
		pause(ctx, listenPause)
	}
}
