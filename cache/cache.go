package cache

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
)

// Cache answers requests from what was answered before. It is safe for
// concurrent use. See the package comment for the way of a request.
type Cache struct {
	opts    Options
	log     *slog.Logger
	metrics *metrics
	l1      *firstLevel
	seal    *sealer

	// Reading and writing fail apart: a full or read-only server still reads.
	store       *dependency
	storeWrites *dependency
	index       *dependency
	indexWrites *dependency
	embedder    *dependency
	verifier    *dependency

	flights    *flights
	leases     *leases
	stop       context.CancelFunc // ends the background
	background sync.WaitGroup     // watching the store, probing what fails
	queue      *writeQueue
	points     *pendingPoints
	backlog    backlog
	vectors    *vectorMemory
	revoked    revocations
	books      Books // nil: the store keeps none
	thresholds *thresholds
	negatives  *negatives
	savings    *savings
	recent     *otter.Cache[Key, *served]
	labelled   atomic.Int64 // labels of this replica
	places     sync.Map     // those that are noted to have labels
	audits     *audits      // nil: there are no books to write them into
	identity   string       // of the embedder; "" without one
	dimensions int
}

// Errors of the Cache's methods; ErrNotFound is another.
var (
	// ErrUnavailable means that the store could not be asked or did not
	// confirm: what was to be durable may not be.
	ErrUnavailable = errors.New("cache: the entry store is unavailable")

	// ErrTooLarge means that an answer is longer than MaxEntryBytes.
	ErrTooLarge = errors.New("cache: the answer is larger than the cache keeps")

	// ErrNotCached answers an only-if-cached request that nothing answers.
	ErrNotCached = errors.New("cache: nothing cached answers the request")

	errNotProbabilities = errors.New("cache: the verifier did not return one probability for each question")
)

// New returns a Cache over the drivers in opts. Close it to drain its queue.
func New(opts Options) (*Cache, error) {
	opts.setDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	seal, err := newSealer(opts.MaxEntryBytes)
	if err != nil {
		return nil, err
	}
	c := &Cache{
		opts:    opts,
		log:     opts.Logger,
		metrics: newMetrics(),
		seal:    seal,
		flights: newFlights(),
		points:  newPendingPoints(),
		backlog: backlog{most: opts.QueueEntries},
	}
	c.depend()
	c.books, _ = opts.Store.(Books)
	c.thresholds, c.negatives, c.recent = newThresholds(c), newNegatives(c), newRecent()
	c.savings = newSavings(c)
	c.leases = newLeases(c)
	c.l1 = newFirstLevel(opts.L1Bytes, c.leases.believed())
	c.vectors = newVectorMemory(opts.VectorBytes)
	c.queue = newWriteQueue(c)
	c.startBackground()
	if opts.Registerer != nil {
		if err := c.register(opts.Registerer); err != nil {
			c.Close(context.Background())
			return nil, err
		}
	}
	return c, nil
}

// Close waits for the flights in the air and for the write queue, both no
// longer than ctx allows, and stops all background work. What could not be
// written by then is counted and reported in the error.
func (c *Cache) Close(ctx context.Context) error {
	err := errors.Join(c.flights.close(ctx), c.queue.close(ctx))
	c.stop()
	c.background.Wait()
	c.l1.close()
	return errors.Join(err, c.savings.close(ctx))
}

// startBackground follows the deletions of other replicas, where there are
// any, and the changes of thresholds, tries what fails until it is back, and then writes
// what the index missed.
func (c *Cache) startBackground() {
	var ctx context.Context
	ctx, c.stop = context.WithCancel(context.Background())
	if shared := c.leases.shared; shared != nil {
		c.background.Go(func() { c.watch(ctx, shared) })
	}
	if c.books != nil {
		if err := c.readBooks(ctx); err != nil { // before the first request
			c.log.Warn("thresholds and negatives cannot be read yet; the configured thresholds hold", "error", err)
		}
		c.background.Go(func() { c.follow(ctx) })
		c.audits = newAudits(c)
		for range c.opts.AuditWorkers {
			c.background.Go(func() { c.audits.work(ctx) })
		}
	}
	if c.savings.counters != nil {
		c.background.Go(func() { c.savings.run(ctx) })
	}
	c.background.Go(func() { c.probe(ctx) })
}

// Status tells how each dependency is doing.
func (c *Cache) Status() []DependencyStatus {
	all := c.dependencies()
	list := make([]DependencyStatus, len(all))
	for i, d := range all {
		list[i] = d.status()
	}
	return list
}

// rules are the namespace's, with the request's wishes applied.
func (c *Cache) rules(req *Request) (rules Rules, clamped bool) {
	rules = c.thresholds.apply(place{req.Tenant, req.Namespace}, c.opts.Rules(req.Tenant, req.Namespace))
	if stricter(req.Mode, rules.Mode) {
		rules.Mode = req.Mode
	}
	switch {
	case req.Threshold > rules.Threshold:
		rules.Threshold = req.Threshold
	case req.Threshold > 0 && req.Threshold < rules.Threshold:
		clamped = true
	}
	return rules, clamped
}

// stricter reports whether a request's mode lets fewer layers answer than the
// namespace's: a caller may ask for less of the cache, never for more.
func stricter(asked, usual Mode) bool {
	order := map[Mode]int{ModeSemantic: 1, ModeShadow: 2, ModeExact: 3, ModeOff: 4}
	return order[asked] > order[usual]
}

// expiry is when an answer stored now dies. A life that the caller asked for
// is kept to the second; the namespace's default is cut by up to a twentieth,
// so that what was stored together does not expire together.
func (c *Cache) expiry(now time.Time, asked, usual time.Duration) time.Time {
	if asked > 0 {
		return now.Add(asked)
	}
	return now.Add(usual - jitter(usual/20))
}
