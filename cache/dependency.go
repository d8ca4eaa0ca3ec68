package cache

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// dependency is something remote that the cache asks: with a deadline for
// each call, a breaker in front, every fault counted, and one log line for
// each change of state.
type dependency struct {
	name    string
	timeout time.Duration
	off     bool                        // not configured
	probe   func(context.Context) error // a harmless call that shows whether it works; nil: traffic shows it
	breaker circuitbreaker.CircuitBreaker[any]
	metrics *metrics

	mu        sync.Mutex
	since     time.Time // of the present state
	lastError string
}

// DependencyStatus is how a dependency is doing.
type DependencyStatus struct {
	Name      string    `json:"name"`
	State     string    `json:"state"` // "up", "degraded" (its breaker is open or trying), "off"
	Since     time.Time `json:"since"`
	LastError string    `json:"last_error,omitempty"`
}

const (
	breakerFailures = 5           // in a row open the breaker
	breakerDelay    = time.Second // until a call may try again
)

// errSkipped means that a dependency was not asked: its breaker is open, or
// the request's budget was spent.
var errSkipped = errors.New("cache: dependency not asked")

func newDependency(name string, timeout time.Duration, m *metrics, log *slog.Logger) *dependency {
	d := &dependency{name: name, timeout: timeout, metrics: m, since: time.Now()}
	d.breaker = circuitbreaker.NewBuilder[any]().
		WithFailureThreshold(breakerFailures).
		WithDelay(breakerDelay).
		WithSuccessThreshold(1).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) { d.changed(e, log) }).
		Build()
	return d
}

func (d *dependency) changed(e circuitbreaker.StateChangedEvent, log *slog.Logger) {
	d.mu.Lock()
	lastError := d.lastError
	if e.OldState == circuitbreaker.ClosedState || e.NewState == circuitbreaker.ClosedState {
		d.since = time.Now()
	}
	d.mu.Unlock()
	switch {
	case e.OldState == circuitbreaker.ClosedState:
		log.Warn("cache dependency fails; requests go on without it", "dependency", d.name, "error", lastError)
	case e.NewState == circuitbreaker.ClosedState:
		log.Info("cache dependency is back", "dependency", d.name)
	}
}

func (d *dependency) status() DependencyStatus {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := DependencyStatus{Name: d.name, State: "up", Since: d.since, LastError: d.lastError}
	switch {
	case d.off:
		s.State = "off"
	case !d.breaker.IsClosed():
		s.State = "degraded"
	}
	return s
}

// patience is how long a call of a dependency may take: its own timeout, and
// the end of the request's budget if there is one.
type patience struct {
	timeout time.Duration
	until   time.Time // zero: no budget
}

// deadline is when a call that starts now has to end; ok is false if that is
// past.
func (p patience) deadline(now time.Time) (end time.Time, ok bool) {
	end = now.Add(p.timeout)
	if p.until.IsZero() || end.Before(p.until) {
		return end, true
	}
	return p.until, now.Before(p.until)
}

// ask calls a dependency for as long as patience allows. The call does not end
// with the request's caller: it is short, and what it finds serves others.
// errSkipped means that it was not called. Errors for which harmless is true
// are answers, not faults.
func ask[T any](ctx context.Context, d *dependency, p patience, call func(context.Context) (T, error)) (T, error) {
	var zero T
	end, ok := p.deadline(time.Now())
	if !ok {
		d.metrics.fault(d.name, "budget")
		return zero, errSkipped
	}
	if !d.breaker.TryAcquirePermit() {
		d.metrics.fault(d.name, "breaker")
		return zero, errSkipped
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), end)
	defer cancel()
	answer, err := call(ctx)
	d.record(err)
	return answer, err
}

func (d *dependency) record(err error) {
	if harmless(err) {
		d.breaker.RecordSuccess()
		return
	}
	d.mu.Lock()
	d.lastError = err.Error()
	d.mu.Unlock()
	if errors.Is(err, context.DeadlineExceeded) {
		d.metrics.fault(d.name, "timeout")
	} else {
		d.metrics.fault(d.name, "error")
	}
	d.breaker.RecordFailure()
}

// harmless tells a dependency's negative answers from its faults.
func harmless(err error) bool {
	return err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrDamaged) || isTooLong(err)
}

// isTooLong reports whether an embedder refused a text for its length.
func isTooLong(err error) bool {
	var long interface{ TooLong() bool }
	return errors.As(err, &long) && long.TooLong()
}
