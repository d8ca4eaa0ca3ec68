// Whether Redis answers, and which replicas there are.

package redisledger

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	beatEvery  = time.Second
	probeEvery = 250 * time.Millisecond // while Redis is left alone

	// failuresInARow are as many as it takes for Redis to be left alone.
	failuresInARow = 3

	// lookedAfter bounds the subjects that are asked about with every beat.
	lookedAfter = 100

	// gone is how long a replica has not been seen for that is gone. After a
	// restart of Redis they come back one by one.
	gone = 10 * time.Second
)

// beatScript notes that the replica ARGV[1] is there, forgets those that have
// not been seen for ten seconds, and returns those that are left.
var beatScript = redis.NewScript(`
local t = redis.call('TIME')
local at = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', KEYS[1], at, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', at - 10000)
redis.call('PEXPIRE', KEYS[1], 60000)
return redis.call('ZRANGE', KEYS[1], 0, -1)`)

// link is the state of the connection.
type link struct {
	mu       sync.Mutex
	failures int  // in a row
	down     bool // left alone
	replicas int  // last seen
	alive    string
	fewer    time.Time // since when there are fewer than replicas; zero if there are not
}

// up reports whether to ask Redis.
func (k *link) up() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.down
}

func (k *link) answered() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failures = 0
}

// saw takes note of an answer, and reports whether it is the first after some
// failed.
func (k *link) saw(alive []string, at time.Time) (back bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	back, k.failures, k.down, k.alive = k.down, 0, false, encode(alive)
	switch {
	case len(alive) >= k.replicas:
		k.replicas, k.fewer = len(alive), time.Time{}
	case k.fewer.IsZero():
		k.fewer = at
	case at.Sub(k.fewer) > gone:
		k.replicas = len(alive)
	}
	return back
}

// count is how many replicas share the limits.
func (k *link) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.replicas
}

// aliveList are the replicas as a JSON list.
func (k *link) aliveList() json.RawMessage {
	k.mu.Lock()
	defer k.mu.Unlock()
	return json.RawMessage(k.alive)
}

// failed counts a call that failed.
func (l *Ledger) failed(err error) {
	l.metrics.failures.Inc()
	l.link.mu.Lock()
	l.link.failures++
	lost := !l.link.down && l.link.failures >= failuresInARow
	l.link.down = l.link.down || lost
	replicas := l.link.replicas
	l.link.mu.Unlock()
	if lost {
		l.opts.Logger.Warn("limits are counted by this replica alone, in its share, until Redis answers", "replicas", replicas, "error", err)
	}
}

// beatOften tells that this replica is there, until ctx ends.
func (l *Ledger) beatOften(ctx context.Context) {
	defer close(l.ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			l.leave()
			return
		case <-timer.C:
		}
		l.beat(ctx)
		timer.Reset(beatEvery)
		if !l.link.up() {
			timer.Reset(probeEvery)
		}
	}
}

// beat tells that this replica is there, and sees how the subjects in use stand.
func (l *Ledger) beat(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, l.opts.Timeout)
	defer cancel()
	alive, err := beatScript.Run(limited, l.opts.Client, []string{l.replicasKey()}, l.replica).StringSlice()
	if ctx.Err() == context.Canceled {
		return
	}
	if err != nil || len(alive) == 0 {
		l.failed(err)
		return
	}
	if l.link.saw(alive, time.Now()) {
		l.opts.Logger.Info("limits are counted in Redis again", "replicas", len(alive))
	}
	for _, a := range l.book.inUse(lookedAfter) {
		l.ask(ctx, a, request{op: "show"})
	}
}

// leave tells the others that this replica is gone.
func (l *Ledger) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), l.opts.Timeout)
	defer cancel()
	_ = l.opts.Client.ZRem(ctx, l.replicasKey(), l.replica).Err() // it is forgotten in any case
}

func (l *Ledger) replicasKey() string { return l.opts.Prefix + ":limits:replicas" }

// Shared reports whether limits are counted in Redis at present.
func (l *Ledger) Shared() bool { return l.link.up() }

// Replicas is how many share the limits, as last seen.
func (l *Ledger) Replicas() int { return l.link.count() }
