// Many waiters: what they cost, and who gets the places.

package pace_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

func TestTenThousandWaitersCostNothing(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		h := newHouse(t, perMinute(limit.FixedWindow, 10_000), nil, pace.Options{
			MaxWait: [3]time.Duration{time.Hour, time.Hour, time.Hour},
		})
		h.reserve(t, ask(pace.P1, "a", 10_000))
		before := runtime.NumGoroutine()
		ctx, cancel := context.WithCancel(ctx)
		for i := range 10_000 {
			go func() { _, _ = h.Reserve(ctx, ask(pace.P1, fmt.Sprint("tenant", i%100), 1)) }()
		}
		synctest.Wait()
		if got := h.Waiting(deployment).Calls[pace.P1]; got != 10_000 {
			t.Fatalf("%d wait", got)
		}
		if got := runtime.NumGoroutine() - before; got > 10_000 {
			t.Errorf("%d goroutines for 10,000 callers", got)
		}
		takes := h.ledger.takes.Load()
		time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute)) - time.Millisecond)
		if got := h.ledger.takes.Load() - takes; got != 0 {
			t.Errorf("the ledger was asked %d times while nothing changed", got)
		}
		time.Sleep(2 * time.Millisecond)
		if got := h.Waiting(deployment).Calls[pace.P1]; got != 0 {
			t.Errorf("%d still wait when the window is new", got)
		}
		cancel()
	})
}

func TestAFullLaneIsShared(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		h := newHouse(t, atATime(1), nil, pace.Options{MaxWaiting: 10, MaxBytes: 1_000})
		h.reserve(t, ask(pace.P1, "a", 1))
		order := &record{}
		for i := range 10 {
			h.wait(ctx, ask(pace.P1, "noisy", 1), fmt.Sprint(i), order)
		}
		h.refusal(t, ask(pace.P1, "noisy", 1), pace.Full)
		h.wait(ctx, ask(pace.P1, "quiet", 1), "quiet", order)
		h.wait(ctx, ask(pace.P0, "noisy", 1), "interactive", order)
		if got := h.Waiting(deployment).Calls; got != [3]int{1, 10, 0} {
			t.Errorf("got %v", got)
		}
		large := ask(pace.P2, "noisy", 1)
		large.Bytes = 600
		h.wait(ctx, large, "large", order)
		h.refusal(t, large, pace.Full)
		large.Bytes = 1_001
		h.refusal(t, large, pace.Full)
		if got := h.Waiting(deployment); got.Bytes != [3]int64{0, 0, 600} {
			t.Errorf("got %+v", got)
		}
	})
}
