// Tenants whose own limits refuse: they take no turns until these may allow more.

package pace

import (
	"container/heap"

	"github.com/askonce/askonce/upstream/limit"
)

// parking holds the tenants that take no turns, and until when.
type parking struct {
	tenants map[string]*parked
	next    parkedHeap
}

type parked struct {
	tenant string
	until  limit.Instant
	place  int // in the heap
}

// park lets a tenant take no turns in any lane until then.
func (q *queue) park(tenant string, until limit.Instant) {
	q.unparkTenant(tenant)
	p := &parked{tenant: tenant, until: until}
	q.parking.tenants[tenant] = p
	heap.Push(&q.parking.next, p)
	for i := range q.lanes {
		q.lanes[i].suspend(tenant)
	}
}

// unparkTenant lets a tenant take turns again, and reports whether it did not.
func (q *queue) unparkTenant(tenant string) bool {
	p := q.parking.tenants[tenant]
	if p == nil {
		return false
	}
	heap.Remove(&q.parking.next, p.place)
	delete(q.parking.tenants, tenant)
	for i := range q.lanes {
		q.lanes[i].resume(tenant)
	}
	return true
}

// unparkDue lets those take turns again whose time has come.
func (q *queue) unparkDue(at limit.Instant) {
	for len(q.parking.next) > 0 && q.parking.next[0].until <= at {
		q.unparkTenant(q.parking.next[0].tenant)
	}
}

// parkedHeap implements [heap.Interface], the first to come back on top.
type parkedHeap []*parked

func (h parkedHeap) Len() int           { return len(h) }
func (h parkedHeap) Less(i, j int) bool { return h[i].until < h[j].until }

func (h parkedHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push implements [heap.Interface].
func (h *parkedHeap) Push(x any) {
	p := x.(*parked)
	p.place = len(*h)
	*h = append(*h, p)
}

// Pop implements [heap.Interface].
func (h *parkedHeap) Pop() any {
	last := len(*h) - 1
	p := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return p
}
