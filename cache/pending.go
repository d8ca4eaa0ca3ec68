package cache

import (
	"cmp"
	"slices"
	"sync"
)

// pendingPoints are the points of answers that are in the write queue: what
// was answered a moment ago is found by its meaning at once, as it is by its
// key. There are few of them, and each stays for the time of a durable write.
type pendingPoints struct {
	mu     sync.RWMutex
	scopes map[Scope][]pendingPoint
}

// pendingPoint is a point with the answer that it leads to.
type pendingPoint struct {
	Point
	entry *Entry
}

func newPendingPoints() *pendingPoints {
	return &pendingPoints{scopes: make(map[Scope][]pendingPoint)}
}

func (p *pendingPoints) add(point Point, entry *Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.scopes[point.Scope] = append(p.scopes[point.Scope], pendingPoint{point, entry})
}

// entry is the answer of a pending point, or nil.
func (p *pendingPoints) entry(scope Scope, key Key) *Entry {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for i := range p.scopes[scope] {
		if point := &p.scopes[scope][i]; point.Key == key {
			return point.entry
		}
	}
	return nil
}

// remove takes out one point with this key.
func (p *pendingPoints) remove(scope Scope, key Key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	points := p.scopes[scope]
	i := slices.IndexFunc(points, func(point pendingPoint) bool { return point.Key == key })
	switch {
	case i < 0:
	case len(points) == 1:
		delete(p.scopes, scope)
	default:
		p.scopes[scope] = slices.Delete(slices.Clone(points), i, i+1) // readers hold the old slice
	}
}

// merge adds the pending neighbours of a query to those of the index.
func (p *pendingPoints) merge(query *Nearest, found []Candidate) []Candidate {
	p.mu.RLock()
	points := p.scopes[query.Scope]
	p.mu.RUnlock()
	if len(points) == 0 {
		return found
	}
	for i := range points {
		point := &points[i]
		if !point.Expires.After(query.ExpiresAfter) || point.Created.Before(query.CreatedSince) || !hasAll(point.Tags, query.Tags) {
			continue
		}
		found = slices.DeleteFunc(found, func(c Candidate) bool { return c.Key == point.Key })
		found = append(found, Candidate{
			Key: point.Key, Similarity: dot(query.Vector, point.Vector), Text: point.Text,
			Created: point.Created, Expires: point.Expires,
		})
	}
	slices.SortStableFunc(found, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Similarity, a.Similarity), a.Created.Compare(b.Created))
	})
	return found[:min(query.K, len(found))]
}

// dot is the cosine of two unit vectors of the same length.
func dot(a, b []float32) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return float64(min(1, max(-1, s0+s1+s2+s3)))
}
