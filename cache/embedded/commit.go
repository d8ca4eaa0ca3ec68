// The committer: the one goroutine that writes.

package embedded

import (
	"context"
	"sync"

	"go.etcd.io/bbolt"
)

// maxBatch bounds one transaction, in bytes of encoded records. A single
// larger write is a transaction of its own.
const maxBatch = 32 << 20

// write is one caller's part of a transaction.
type write struct {
	size  int // bytes, about
	apply func(*batch) error
	done  chan error // has room for the answer
}

// committer gathers what is waiting into one transaction. While it syncs, the
// next batch gathers by itself, so that nothing is ever delayed on purpose.
type committer struct {
	db    *DB
	wake  chan struct{} // has room for one
	ended chan struct{}

	mu      sync.Mutex
	waiting []*write
	closed  bool
}

func startCommitter(db *DB) *committer {
	c := &committer{db: db, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go c.run()
	return c
}

// commit hands in a write and waits until it is durable. When ctx ends first,
// the write may still happen; apply must therefore not touch the caller's
// memory.
func (c *committer) commit(ctx context.Context, size int, apply func(*batch) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := &write{size: size, apply: apply, done: make(chan error, 1)}
	if !c.enqueue(w) {
		return ErrClosed
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *committer) enqueue(w *write) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.waiting = append(c.waiting, w)
	c.signal()
	return true
}

func (c *committer) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// stop refuses further writes and returns when the last one is answered.
func (c *committer) stop() {
	c.mu.Lock()
	c.closed = true
	c.signal()
	c.mu.Unlock()
	<-c.ended
}

func (c *committer) run() {
	defer close(c.ended)
	for {
		writes, closed := c.take()
		if len(writes) > 0 {
			c.answer(writes, c.transact(writes))
			continue
		}
		if closed {
			return
		}
		<-c.wake
	}
}

// take removes the next batch from the queue.
func (c *committer) take() (writes []*write, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, size := 0, 0
	for n < len(c.waiting) && (n == 0 || size+c.waiting[n].size <= maxBatch) {
		size += c.waiting[n].size
		n++
	}
	writes = c.waiting[:n:n]
	c.waiting = c.waiting[n:]
	if len(c.waiting) == 0 {
		c.waiting = nil
	}
	return writes, c.closed
}

func (c *committer) answer(writes []*write, err error) {
	for _, w := range writes {
		w.done <- err
	}
}

// transact applies the writes in one transaction, and then to the indexes in
// memory: whoever is answered finds what was written.
func (c *committer) transact(writes []*write) error {
	db := c.db
	if err := db.Err(); err != nil {
		return err
	}
	b := batch{db: db, stats: db.Stats()}
	err := db.guarded(func() error {
		return db.file.bolt.Update(func(tx *bbolt.Tx) error {
			b.open(tx)
			for _, w := range writes {
				if err := w.apply(&b); err != nil {
					return err
				}
			}
			return b.evict()
		})
	})
	if err != nil {
		return db.writeError(err)
	}
	for _, change := range b.changes {
		change()
	}
	db.state.Store(&b.stats)
	return nil
}
