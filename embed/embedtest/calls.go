package embedtest

// The cases on how calls behave: refusals, contexts, concurrency, memory.

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

func testTooLong(t *testing.T, e Embedder, h Harness) {
	for _, texts := range [][]string{{h.TooLong}, {"short", h.TooLong}} {
		_, err := e.Embed(t.Context(), texts)
		var long interface{ TooLong() bool }
		if !errors.As(err, &long) || !long.TooLong() {
			t.Errorf("a text over the limit: %v, want an error with TooLong() true", err)
		}
	}
	for _, v := range embed(t, e, "short") {
		checkUnit(t, e, "short", v)
	}
}

func testCancelled(t *testing.T, e Embedder, _ Harness) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Embed(cancelled, samples); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: %v", err)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err := e.Embed(late, samples)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
	var long interface{ TooLong() bool }
	if errors.As(err, &long) && long.TooLong() {
		t.Error("a missed deadline looks like a text that is too long")
	}
}

func testConcurrent(t *testing.T, e Embedder, _ Harness) {
	want := embed(t, e, samples...)
	var callers sync.WaitGroup
	for caller := range 8 {
		callers.Go(func() {
			for i := range samples {
				at := (i + caller) % len(samples)
				vectors, err := e.Embed(t.Context(), samples[at:at+1])
				if err != nil {
					t.Error(err)
					return
				}
				checkNear(t, samples[at], vectors[0], want[at])
			}
		})
	}
	callers.Wait()
}

// testNoAliasing writes over returned vectors, and past their ends.
func testNoAliasing(t *testing.T, e Embedder, _ Harness) {
	want := embed(t, e, samples...)
	spoilt := embed(t, e, samples...)
	last := len(samples) - 1
	for i := range last {
		clear(spoilt[i])
		_ = append(spoilt[i], 1, 2, 3)
	}
	checkNear(t, samples[last], spoilt[last], want[last])
	for i, v := range embed(t, e, samples...) {
		checkNear(t, samples[i], v, want[i])
	}
}
