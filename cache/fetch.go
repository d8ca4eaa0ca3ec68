package cache

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"
)

// Load asks the origin. It runs at most once for each flight, on a context of
// the flight's own, which outlives the caller's cancellation and carries the
// values of the first caller's context. The cache closes the response's body.
type Load func(ctx context.Context) (*http.Response, error)

// Fetch answers req from the cache, from a call that is in the air for the
// same request, or by load. Errors: ErrNotCached (the Answer then holds the
// receipt), the caller's own context error, or what load returned.
// The Answer must be closed.
func (c *Cache) Fetch(ctx context.Context, req *Request, load Load) (*Answer, error) {
	s := c.newSearch(req)
	if entry := s.here(ctx); entry != nil {
		s.looked(entry)
		return &Answer{Entry: entry, Key: req.Key, Receipt: s.receipt}, nil
	}
	if req.OnlyIfCached {
		return c.cachedOnly(ctx, s)
	}
	flightCtx, cancel := deadline(ctx, c.opts.FlightTimeout)
	id := flightID{req.Key, req.variant()}
	f, at, lead, err := c.flights.enter(id, s.private(), s.keeps(), req.Asked, cancel)
	if err != nil || !lead {
		cancel()
	}
	if err != nil {
		return nil, err
	}
	if lead {
		go c.fly(flightCtx, f, s, load)
	} else {
		c.metrics.joined.Inc()
		c.savings.joined(req)
	}
	return c.await(ctx, f, at, req.Key, !lead)
}

// looks reports whether the cache may answer at all.
func (s *search) looks() bool { return s.rules.Mode != ModeOff && !s.req.NoCache }

// keeps reports whether the answer is to be stored.
func (s *search) keeps() bool { return s.rules.Mode != ModeOff && !s.req.NoStore }

// private reports whether the request's call is its own: another must not
// join a call that bypasses the cache or leaves nothing behind.
func (s *search) private() bool { return !s.looks() || !s.keeps() }

// cachedOnly answers an only-if-cached request.
func (c *Cache) cachedOnly(ctx context.Context, s *search) (*Answer, error) {
	var entry *Entry
	if s.looks() {
		entry = s.semantic(ctx)
	}
	s.looked(entry)
	answer := &Answer{Entry: entry, Key: s.req.Key, Receipt: s.receipt}
	if entry == nil {
		return answer, ErrNotCached
	}
	return answer, nil
}

// fly runs a flight to its end.
func (c *Cache) fly(ctx context.Context, f *flight, s *search, load Load) {
	defer c.flights.exit(f)
	defer func() { f.lease.release() }()
	if entry := c.again(ctx, s); entry != nil {
		f.receipt = s.receipt
		s.looked(entry)
		f.hit(entry)
		return
	}
	if entry := c.elsewhere(ctx, f, s); entry != nil {
		f.receipt = s.receipt
		f.receipt.Joined = true
		s.looked(entry)
		f.hit(entry)
		return
	}
	s.looked(nil)
	f.receipt, f.loading = s.receipt, time.Now()
	resp, err := guarded(ctx, load)
	if err != nil {
		f.fail(err)
		return
	}
	c.pump(f, s, resp)
}

// elsewhere waits for another replica that asks the origin the same, and
// returns what it left. Otherwise the flight holds the lease from here on.
func (c *Cache) elsewhere(ctx context.Context, f *flight, s *search) (entry *Entry) {
	f.lease, entry = c.leases.enter(ctx, f, s)
	return entry
}

// again looks once more under the request's own key, since a flight may have
// landed between the first look and this one, and then for its meaning.
func (c *Cache) again(ctx context.Context, s *search) *Entry {
	if !s.looks() {
		return nil
	}
	if entry := s.first(); entry != nil {
		return entry
	}
	return s.semantic(ctx)
}

// guarded turns a panic of load into an error: it runs on a goroutine that no
// server recovers, and others wait for it.
func guarded(ctx context.Context, load Load) (resp *http.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("cache: load panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return load(ctx)
}

// await waits for the head of a flight's answer.
func (c *Cache) await(ctx context.Context, f *flight, at *chunk, key Key, joined bool) (*Answer, error) {
	select {
	case <-f.head:
	case <-ctx.Done():
		c.flights.leave(f)
		return nil, context.Cause(ctx)
	}
	if f.err != nil {
		c.flights.leave(f)
		return nil, f.err
	}
	a := &Answer{
		Entry: f.entry, Key: key, Receipt: f.receipt,
		Status: f.status, Header: f.header, Stream: f.stream, Length: f.length,
		flights: c.flights, flight: f, at: at,
	}
	a.Receipt.Joined = joined || f.receipt.Joined
	return a, nil
}
