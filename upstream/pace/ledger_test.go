// A ledger far away: slow, behind, and asked while things change.

package pace_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

// gate is a ledger whose takes can be held up, as a remote one's are: on their
// way there, or on their way back.
type gate struct {
	pace.Ledger
	there, back chan struct{}
}

func (g *gate) Take(ctx context.Context, subject string, ask limit.Ask) (limit.Grant, limit.Verdict, error) {
	<-g.there
	grant, verdict, err := g.Ledger.Take(ctx, subject, ask)
	<-g.back
	return grant, verdict, err
}

// gated is a limiter of one call at a time before a gate, and that call.
func gated(t *testing.T) (*pace.Limiter, *gate, *pace.Reservation) {
	t.Helper()
	local := pace.NewLocal(func(string) ([]limit.Axis, bool) { return atATime(1), true })
	g := &gate{Ledger: local, there: make(chan struct{}, 99), back: make(chan struct{}, 99)}
	limiter, err := pace.New(pace.Options{Ledger: g})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(limiter.Close)
	g.pass(1)
	running, err := limiter.Reserve(t.Context(), ask(pace.P1, "a", 1))
	if err != nil {
		t.Fatal(err)
	}
	return limiter, g, running
}

// pass lets n takes through.
func (g *gate) pass(n int) {
	for range n {
		g.there <- struct{}{}
		g.back <- struct{}{}
	}
	synctest.Wait()
}

func TestACallCancelledWhileItIsTriedForKeepsNothing(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		limiter, g, running := gated(t)
		call, cancel := context.WithCancel(ctx)
		failed, waited := make(chan error, 1), make(chan time.Duration, 1)
		go func() {
			_, err := limiter.Reserve(call, ask(pace.P1, "a", 1))
			failed <- err
		}()
		g.pass(2) // refused, and refused again from the queue
		go func() {
			r, err := limiter.Reserve(ctx, ask(pace.P1, "a", 1))
			if err == nil {
				waited <- r.Waited()
			}
		}()
		synctest.Wait()
		running.Cancel() // the pump tries for the first, and hangs
		synctest.Wait()
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		g.pass(2) // it is granted to nobody, and then to the second
		if got := <-waited; got != 0 {
			t.Errorf("the next one waited %s for what was given back", got)
		}
		if got := limiter.Waiting(deployment); got != (pace.Waiting{InFlight: 1}) {
			t.Errorf("got %+v", got)
		}
	})
}

func TestAReleaseDuringATryIsNotMissed(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		limiter, g, running := gated(t)
		waited := make(chan time.Duration, 1)
		go func() {
			r, err := limiter.Reserve(ctx, ask(pace.P1, "a", 1))
			if err == nil {
				waited <- r.Waited()
			}
		}()
		g.pass(1)             // refused
		g.there <- struct{}{} // refused again, which is not known here yet
		synctest.Wait()
		running.Cancel()
		g.back <- struct{}{}
		g.pass(1)
		if got := <-waited; got != 0 {
			t.Errorf("waited %s", got)
		}
	})
}

// behind is a ledger whose clock is behind: what it promises is past.
type behind struct{ *countedLedger }

func (l behind) Take(ctx context.Context, subject string, ask limit.Ask) (limit.Grant, limit.Verdict, error) {
	grant, verdict, err := l.countedLedger.Take(ctx, subject, ask)
	verdict.At -= 3_600_000_000
	return grant, verdict, err
}

func TestALedgerWhoseClockIsBehindIsNotAskedWithoutEnd(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		ledger := behind{&countedLedger{Local: pace.NewLocal(func(string) ([]limit.Axis, bool) {
			return perMinute(limit.TokenBucket, 60_000), true
		})}}
		limiter, err := pace.New(pace.Options{Ledger: ledger})
		if err != nil {
			t.Fatal(err)
		}
		defer limiter.Close()
		for range 2 {
			if _, err := limiter.Reserve(ctx, ask(pace.P1, "a", 60_000)); err != nil {
				t.Fatal(err)
			}
			if ledger.takes.Load() == 1 {
				time.Sleep(59 * time.Second)
			}
		}
		if got := ledger.takes.Load(); got > 1_003 {
			t.Errorf("asked %d times within a second", got)
		}
	})
}
