package cache

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	queueBatch = 128 // writes in one call of a driver, at most

	// queueLinger is how long the first of a batch waits for company: nobody
	// waits for it, and a durable write costs much the same for one as for many.
	queueLinger = 25 * time.Millisecond
)

// write is one item of the queue: an entry to store, with its point if index
// is set; or, with no entry, a point to remove; or a barrier to report.
type write struct {
	entry   *Entry
	index   bool
	vector  []float32 // nil: to be embedded here
	point   Point     // set where the vector is
	pending bool      // point is among the cache's pending points
	remove  Key
	barrier chan<- struct{}
	lease   lease // released once the entry can be read from the store
}

// writeQueue makes answers durable behind the requests that brought them: one
// goroutine writes entries, a second their points, both in batches. It is
// bounded in items and bytes; what does not fit is dropped and counted.
type writeQueue struct {
	c       *Cache
	entries chan write
	points  chan write
	bytes   atomic.Int64
	waiting atomic.Int64
	done    chan struct{}

	mu     sync.RWMutex // held for reading while sending
	closed bool
}

func newWriteQueue(c *Cache) *writeQueue {
	q := &writeQueue{
		c:       c,
		entries: make(chan write, c.opts.QueueEntries),
		points:  make(chan write, c.opts.QueueEntries),
		done:    make(chan struct{}),
	}
	go q.writeEntries()
	go q.writePoints()
	return q
}

func (q *writeQueue) pending() int64 { return q.waiting.Load() }

// add takes a write without waiting, or drops it.
func (q *writeQueue) add(w write) {
	q.mu.RLock()
	defer q.mu.RUnlock()
	size := w.size()
	q.announce(&w)
	if q.closed || q.bytes.Add(size) > q.c.opts.QueueBytes && size > 0 {
		q.drop(w, size)
		return
	}
	q.waiting.Add(1)
	select {
	case q.entries <- w:
	default:
		q.waiting.Add(-1)
		q.drop(w, size)
	}
}

// announce makes a write's point visible until it is in the index.
func (q *writeQueue) announce(w *write) {
	if w.entry != nil && w.index && w.vector != nil {
		w.point = w.entry.Point(q.c.identity, w.vector)
		w.pending = true
		q.c.points.add(w.point, w.entry)
	}
}

// withdraw ends what announce began.
func (q *writeQueue) withdraw(w *write) {
	if w.pending {
		q.c.points.remove(w.point.Scope, w.point.Key)
	}
}

func (q *writeQueue) drop(w write, size int64) {
	q.withdraw(&w)
	if !q.closed {
		q.bytes.Add(-size)
	}
	if w.entry != nil {
		q.c.metrics.writes.WithLabelValues("dropped").Inc()
	}
	w.lease.release()
}

func (w *write) size() int64 {
	if w.entry == nil {
		return 0
	}
	return int64(w.entry.weight())
}

// removePoint removes a point whose answer is gone, some time soon.
func (q *writeQueue) removePoint(key Key) { q.add(write{remove: key}) }

// flush waits until all that was added before is written.
func (q *writeQueue) flush(ctx context.Context) error {
	reached := make(chan struct{})
	if err := q.send(ctx, write{barrier: reached}); err != nil {
		return err
	}
	select {
	case <-reached:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (q *writeQueue) send(ctx context.Context, w write) error {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if q.closed {
		return errClosed
	}
	q.waiting.Add(1)
	select {
	case q.entries <- w:
		return nil
	case <-ctx.Done():
		q.waiting.Add(-1)
		return context.Cause(ctx)
	}
}

// close writes what is queued, as long as ctx allows.
func (q *writeQueue) close(ctx context.Context) error {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.entries)
	}
	q.mu.Unlock()
	select {
	case <-q.done:
		return nil
	case <-ctx.Done():
	}
	if n := q.pending(); n > 0 {
		return fmt.Errorf("cache: closed with %d answers not yet durable: %w", n, context.Cause(ctx))
	}
	<-q.done // nothing is being written, so it is near
	return nil
}

// writeEntries is the first stage.
func (q *writeQueue) writeEntries() {
	defer close(q.points)
	for batch := range batches(q.entries, queueLinger) {
		q.storeBatch(batch)
		for _, w := range batch {
			w.lease.release()
			if w.entry == nil || w.index {
				q.points <- w
				continue
			}
			q.settled(w)
		}
	}
}

// storeBatch writes the entries of a batch; those that could not be written
// lose their points.
func (q *writeQueue) storeBatch(batch []write) {
	records := make([]Record, 0, len(batch))
	for _, w := range batch {
		if w.entry != nil {
			records = append(records, q.c.seal.seal(w.entry))
		}
	}
	if len(records) == 0 {
		return
	}
	if err := q.c.putEntries(context.Background(), records); err == nil {
		q.c.metrics.writes.WithLabelValues("stored").Add(float64(len(records)))
		return
	}
	q.c.metrics.writes.WithLabelValues("failed").Add(float64(len(records)))
	for i := range batch {
		batch[i].index = false
	}
}

// settled takes a write out of the accounts.
func (q *writeQueue) settled(w write) {
	q.withdraw(&w)
	q.bytes.Add(-w.size())
	q.waiting.Add(-1)
}

// writePoints is the second stage.
func (q *writeQueue) writePoints() {
	defer close(q.done)
	for batch := range batches(q.points, 0) {
		q.pointBatch(batch)
		for _, w := range batch {
			q.settled(w)
			if w.barrier != nil {
				close(w.barrier)
			}
		}
	}
}

func (q *writeQueue) pointBatch(batch []write) {
	var points []Point
	var gone []Key
	for i := range batch {
		w := &batch[i]
		switch {
		case w.entry != nil && q.embedded(w):
			points = append(points, w.point)
		case w.entry == nil && w.barrier == nil:
			gone = append(gone, w.remove)
		}
	}
	if len(gone) > 0 {
		q.c.deletePoints(context.Background(), gone)
	}
	if len(points) == 0 {
		return
	}
	if err := q.c.putPoints(context.Background(), points); err != nil {
		q.c.missed(points, err)
		return
	}
	q.c.metrics.writes.WithLabelValues("indexed").Add(float64(len(points)))
}

// embedded makes sure that a write has its vector.
func (q *writeQueue) embedded(w *write) bool {
	if w.vector != nil {
		return true
	}
	vector, err := q.c.embed(context.Background(), w.entry.Meta.Tenant, w.entry.Prompt, patience{timeout: q.c.opts.WriteTimeout})
	if err != nil {
		q.c.metrics.writes.WithLabelValues("not_embedded").Inc()
		return false
	}
	w.point = w.entry.Point(q.c.identity, vector)
	return true
}

// urgent reports whether somebody waits for a write.
func (w *write) urgent() bool { return w.barrier != nil || w.lease.all != nil }

// batches yields what comes through ch, at least one item at a time, until ch
// is closed: what is waiting, and what comes within linger unless somebody
// waits. A batch is valid until the next.
func batches(ch <-chan write, linger time.Duration) func(yield func([]write) bool) {
	return func(yield func([]write) bool) {
		batch := make([]write, 0, queueBatch)
		for w := range ch {
			batch = fill(append(batch[:0], w), ch)
			if linger > 0 && len(batch) < cap(batch) && !slices.ContainsFunc(batch, func(w write) bool { return w.urgent() }) {
				batch = await(batch, ch, linger)
			}
			if !yield(batch) {
				return
			}
			clear(batch)
		}
	}
}

// fill adds to batch what can be had without waiting.
func fill(batch []write, ch <-chan write) []write {
	for len(batch) < cap(batch) {
		select {
		case w, ok := <-ch:
			if !ok {
				return batch
			}
			batch = append(batch, w)
		default:
			return batch
		}
	}
	return batch
}

// await adds to batch what comes within linger, up to the first that somebody
// waits for.
func await(batch []write, ch <-chan write, linger time.Duration) []write {
	late := time.NewTimer(linger)
	defer late.Stop()
	for len(batch) < cap(batch) {
		select {
		case w, ok := <-ch:
			if !ok {
				return batch
			}
			batch = append(batch, w)
			if w.urgent() {
				return batch
			}
		case <-late.C:
			return batch
		}
	}
	return batch
}
