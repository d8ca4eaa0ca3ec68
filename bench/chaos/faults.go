// The faults, one after the other, with time to recover in between.

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"
)

// fault is something that is done and, after a while, undone.
type fault struct {
	name  string
	begin func() error
	end   func(context.Context) error
}

// faults lists them in the order in which they come.
func (s *stage) faults() []fault {
	nothing := func(context.Context) error { return nil }
	killed := func(p *process) fault {
		return fault{p.name + " is killed", func() error { p.kill(); return nil }, p.start}
	}
	frozen := func(p *process) fault {
		return fault{p.name + " is frozen", p.freeze, func(context.Context) error { return p.thaw() }}
	}
	dropped := fault{"the connections that carry deletions are dropped", s.dropSubscriptions, nothing}
	return []fault{
		killed(s.redis),
		dropped,
		killed(s.replicas[0]),
		frozen(s.redis),
		killed(s.qdrant),
		{s.replicas[1].name + " is told to end", s.replicas[1].terminate, s.replicas[1].start},
		frozen(s.qdrant),
		dropped,
	}
}

// harm lets every fault happen within d. Each lasts two fifths of its share,
// and the rest is for recovery.
func (s *stage) harm(ctx context.Context, d time.Duration) error {
	all := s.faults()
	share := d / time.Duration(len(all))
	for _, f := range all {
		began := time.Now()
		say("%s", f.name)
		if err := f.begin(); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if !pause(ctx, share*2/5) {
			return ctx.Err()
		}
		if err := f.end(ctx); err != nil {
			return fmt.Errorf("after %s: %w", f.name, err)
		}
		if !pause(ctx, max(0, share-time.Since(began))) {
			return ctx.Err()
		}
	}
	return nil
}

// dropSubscriptions breaks the connections of all who listen to Redis.
func (s *stage) dropSubscriptions() error {
	conn, err := net.DialTimeout("tcp", s.redis.addr, time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "CLIENT KILL TYPE pubsub\r\n"); err != nil {
		return err
	}
	kind := make([]byte, 1)
	if _, err := io.ReadFull(conn, kind); err != nil {
		return err
	}
	if kind[0] != ':' {
		return fmt.Errorf("redis does not say how many it dropped")
	}
	return nil
}
