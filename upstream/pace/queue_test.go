// Waiting: order, deadlines, and what is told to those who are refused.

package pace_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

// wait makes a call of req on its own, which notes name when it is granted and
// ends at once.
func (h *house) wait(ctx context.Context, req pace.Request, name string, order *record) {
	go func() {
		r, err := h.Reserve(ctx, req)
		if err != nil {
			return
		}
		order.add(name)
		amounts := req.Deployment.Amounts
		r.Settle(amounts, amounts)
	}()
	synctest.Wait()
}

func TestRetryAfterIsTrue(t *testing.T) {
	for _, counting := range countings {
		bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
			h := newHouse(t, perMinute(counting, 30_000), nil, pace.Options{})
			h.reserve(t, ask(pace.P0, "a", 30_000))
			refusal := h.refusal(t, ask(pace.P0, "a", 15_000), pace.TooLong)
			if refusal.Subject != deployment || refusal.Axis != "tokens" || refusal.RetryAfter <= 2*time.Second {
				t.Errorf("%s: got %+v", counting, refusal)
			}
			time.Sleep(refusal.RetryAfter - time.Second - 2*time.Microsecond)
			again := h.refusal(t, pace.Request{MaxWait: -1, Deployment: ask(pace.P0, "a", 15_000).Deployment}, pace.TooLong)
			time.Sleep(again.RetryAfter)
			if r := h.reserve(t, ask(pace.P0, "a", 15_000)); r.Waited() != 0 {
				t.Errorf("%s: waited another %s", counting, r.Waited())
			}
		})
	}
}

func TestProjectionCountsTheQueue(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		h := newHouse(t, perMinute(limit.TokenBucket, 60_000), nil, pace.Options{})
		h.reserve(t, ask(pace.P1, "a", 60_000))
		order := &record{}
		for i := range 10 {
			h.wait(ctx, ask(pace.P1, "a", 3_000), fmt.Sprint(i), order)
		}
		req := ask(pace.P1, "a", 3_000)
		req.MaxWait = 10 * time.Second
		if got := h.refusal(t, req, pace.TooLong).RetryAfter; got.Round(10*time.Millisecond) != 33*time.Second {
			t.Errorf("behind 10 of its own: %s, want 33s", got)
		}
		req.Tenant, req.MaxWait = "b", 5*time.Second // goes second
		if got := h.refusal(t, req, pace.TooLong); got.RetryAfter.Round(10*time.Millisecond) != 6*time.Second {
			t.Errorf("behind one of another tenant: %s, want 6s", got.RetryAfter)
		}
		req.MaxWait = 7 * time.Second
		if r := h.reserve(t, req); r.Waited() > 6100*time.Millisecond {
			t.Errorf("waited %s, want 6s", r.Waited())
		}
	})
}

func TestWakesInOrder(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		h := newHouse(t, perMinute(limit.TokenBucket, 60_000), nil, pace.Options{})
		h.reserve(t, ask(pace.P0, "a", 60_000))
		order := &record{}
		for i := range 5 {
			h.wait(ctx, ask(pace.P2, "a", 1_000), fmt.Sprint("P2 ", i), order)
			h.wait(ctx, ask(pace.P1, "a", 1_000), fmt.Sprint("P1 ", i), order)
		}
		h.wait(ctx, ask(pace.P0, "a", 1_000), "P0 0", order)
		time.Sleep(5 * time.Minute)
		want := []string{"P0 0", "P1 0", "P1 1", "P1 2", "P1 3", "P1 4", "P2 0", "P2 1", "P2 2", "P2 3", "P2 4"}
		if !slices.Equal(order.names(), want) {
			t.Errorf("got %q", order.names())
		}
	})
}

func TestALargeCallIsNotPassedBySmallOnes(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		h := newHouse(t, perMinute(limit.TokenBucket, 60_000), nil, pace.Options{})
		h.reserve(t, ask(pace.P1, "a", 60_000))
		begun := time.Now()
		order := &record{}
		h.wait(ctx, ask(pace.P1, "large", 30_000), "large", order)
		for range 20 {
			h.wait(ctx, ask(pace.P1, "small", 100), "small", order)
		}
		interactive := ask(pace.P0, "people", 500)
		for range 5 {
			if r := h.reserve(t, interactive); r.Waited() > time.Second {
				t.Errorf("an interactive call waited %s behind it", r.Waited())
			}
		}
		for !slices.Contains(order.names(), "large") {
			time.Sleep(100 * time.Millisecond)
		}
		// Round robin lets every tenant spend a quantum for each quantum of the
		// large call: all 20 small ones go before it, and no later ones would.
		if took := time.Since(begun); took > 36*time.Second {
			t.Errorf("the large call waited %s", took)
		}
	})
}

func TestACancelledCallLeavesAtOnce(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		h := newHouse(t, perMinute(limit.TokenBucket, 60_000), nil, pace.Options{})
		h.reserve(t, ask(pace.P1, "a", 60_000))
		first, cancel := context.WithCancel(ctx)
		order := &record{}
		h.wait(first, ask(pace.P1, "a", 30_000), "first", order)
		h.wait(ctx, ask(pace.P1, "a", 1_000), "second", order)
		cancel()
		synctest.Wait()
		if got := h.Waiting(deployment); got.Calls != [3]int{0, 1, 0} {
			t.Errorf("got %+v", got)
		}
		time.Sleep(1100 * time.Millisecond) // not the 31 s that both would need
		if !slices.Equal(order.names(), []string{"second"}) {
			t.Errorf("got %q", order.names())
		}
	})
}

func TestEachWaitsUntilItsDeadline(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		h := newHouse(t, atATime(1), nil, pace.Options{})
		h.reserve(t, ask(pace.P1, "a", 1))
		begun := time.Now()
		req := ask(pace.P1, "a", 1)
		for _, wait := range []time.Duration{7 * time.Second, 3 * time.Second} {
			req.MaxWait = wait
			refused := make(chan error)
			go func() {
				_, err := h.Reserve(ctx, req)
				refused <- err
			}()
			var refusal *pace.Refusal
			if err := <-refused; !errors.As(err, &refusal) || refusal.Reason != pace.Expired {
				t.Errorf("got %v", err)
			}
		}
		if took := time.Since(begun); took != 10*time.Second {
			t.Errorf("took %s", took)
		}
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if _, err := h.Reserve(short, req); err == nil {
			t.Error("granted")
		}
		if took := time.Since(begun); took != 11*time.Second {
			t.Errorf("the context's deadline was left for %s", took)
		}
	})
}

func TestAReleaseWakesTheNext(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		h := newHouse(t, atATime(2), nil, pace.Options{Recheck: time.Hour})
		for range 20 {
			go h.use(ctx, ask(pace.P1, "a", 1), time.Second)
		}
		time.Sleep(10*time.Second + time.Millisecond)
		h.mu.Lock()
		defer h.mu.Unlock()
		if got := len(h.waits[pace.P1]); got != 20 {
			t.Errorf("%d of 20 calls of 1 s were done by two at a time in 10 s", got)
		}
	})
}

func TestRefusals(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		h := newHouse(t, perMinute(limit.TokenBucket, 1_000), nil, pace.Options{})
		if got := h.refusal(t, ask(pace.P2, "a", 1_001), pace.TooLarge); got.RetryAfter != 0 || got.Axis != "tokens" {
			t.Errorf("got %+v", got)
		}
		if _, err := h.Reserve(ctx, ask(3, "a", -1)); err == nil {
			t.Error("no lane and no amount, and granted")
		}
		req := ask(pace.P1, "a", 1)
		req.TenantLimits.Subject = "nobody"
		if _, err := h.Reserve(ctx, req); !errors.Is(err, pace.ErrUnknownSubject) {
			t.Errorf("got %v", err)
		}
		h.reserve(t, ask(pace.P1, "a", 1_000))
		refused := make(chan error)
		go func() {
			_, err := h.Reserve(ctx, ask(pace.P1, "a", 900))
			refused <- err
		}()
		synctest.Wait()
		h.Close()
		var refusal *pace.Refusal
		if err := <-refused; !errors.As(err, &refusal) || refusal.Reason != pace.Closed {
			t.Errorf("got %v", err)
		}
		h.refusal(t, ask(pace.P1, "a", 1), pace.Closed)
	})
}

func TestWhatTheProviderSays(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		h := newHouse(t, perMinute(limit.SlidingWindow, 60_000), nil, pace.Options{})
		r := h.reserve(t, ask(pace.P0, "a", 1_000))
		if err := r.Adjust(pace.Word{
			Axes:  []limit.Word{{Axis: "tokens", Limit: 30_000, Remaining: 5_000}},
			Pause: limit.At(time.Now().Add(5 * time.Second)),
		}); err != nil {
			t.Fatal(err)
		}
		if got := h.refusal(t, ask(pace.P0, "a", 1_000), pace.TooLong).RetryAfter; got != 5*time.Second {
			t.Errorf("got %s", got)
		}
		time.Sleep(5 * time.Second)
		h.reserve(t, ask(pace.P0, "a", 5_000))
		h.refusal(t, ask(pace.P0, "a", 1), pace.TooLong)
	})
}

func TestSettleCountsOnce(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		h := newHouse(t, perMinute(limit.SlidingWindow, 1_000), nil, pace.Options{})
		r := h.reserve(t, ask(pace.P0, "a", 1_000))
		used := limit.Amounts{limit.TotalTokens: 400}
		for range 3 {
			if err := errors.Join(r.Settle(used, used), r.Cancel()); err != nil {
				t.Fatal(err)
			}
		}
		h.reserve(t, ask(pace.P0, "a", 600))
		h.refusal(t, ask(pace.P0, "a", 1), pace.TooLong)
		if got := h.Waiting(deployment).InFlight; got != 1 {
			t.Errorf("%d in flight", got)
		}
	})
}

func TestOptionsNameEveryProblem(t *testing.T) {
	_, err := pace.New(pace.Options{Shares: [3]float64{0, 2, 0}, MaxWait: [3]time.Duration{-1, 0, 0}, Quantum: -1})
	for _, want := range []string{"ledger", "share of P1", "max_wait of P0", "quantum"} {
		if err == nil || !contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}
