package cache

import (
	"context"
	"errors"
	"sync"
	"time"
)

// backlogLife is how long a point is offered again. It outlasts an outage; a
// point that an index always refuses ends with it.
const backlogLife = time.Hour

// backlog holds the points of stored answers that the index did not take, so
// that an outage of the index does not leave answers that only an identical
// question finds. It is bounded, lives in memory, and is written when the index
// takes writes again.
type backlog struct {
	mu     sync.Mutex
	most   int // points
	points []missedPoint
}

type missedPoint struct {
	Point
	until time.Time // when it is given up
}

// add takes points as far as there is room, and returns how many had none.
func (b *backlog) add(points []missedPoint) (lost int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(len(points), b.most-len(b.points))
	b.points = append(b.points, points[:n]...)
	return len(points) - n
}

// take removes a batch of points, and of these those whose time is over.
func (b *backlog) take(now time.Time) (batch []missedPoint, over int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(len(b.points), queueBatch)
	for _, p := range b.points[:n] {
		if p.until.After(now) {
			batch = append(batch, p)
		}
	}
	if b.points = b.points[n:]; len(b.points) == 0 {
		b.points = nil
	}
	return batch, n - len(batch)
}

func (b *backlog) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.points)
}

// missed puts points that the index refused with err into the backlog.
func (c *Cache) missed(points []Point, err error) {
	if errors.Is(err, ErrDimension) {
		c.notIndexed(len(points))
		return
	}
	late, end := make([]missedPoint, len(points)), time.Now().Add(backlogLife)
	for i := range points {
		late[i] = missedPoint{points[i], points[i].Expires}
		if end.Before(points[i].Expires) {
			late[i].until = end
		}
	}
	c.notIndexed(c.backlog.add(late))
}

func (c *Cache) notIndexed(n int) {
	if n > 0 {
		c.metrics.writes.WithLabelValues("not_indexed").Add(float64(n))
	}
}

// writeBacklog writes what the index missed, for as long as it takes writes.
func (c *Cache) writeBacklog(ctx context.Context) {
	for c.backlog.len() > 0 && c.indexWrites.breaker.IsClosed() && ctx.Err() == nil {
		batch, over := c.backlog.take(time.Now())
		c.notIndexed(over)
		if len(batch) == 0 {
			continue
		}
		points := make([]Point, len(batch))
		for i := range batch {
			points[i] = batch[i].Point
		}
		if err := c.putPoints(ctx, points); err != nil {
			c.notIndexed(c.backlog.add(batch))
			return
		}
		c.metrics.writes.WithLabelValues("indexed").Add(float64(len(points)))
	}
}
