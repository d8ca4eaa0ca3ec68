package upstream

import (
	"testing"
	"time"
)

func TestDelay(t *testing.T) {
	tests := []struct {
		try    int
		asked  time.Duration
		random float64
		want   time.Duration
	}{
		{1, 0, 0, 750 * time.Millisecond},
		{1, 0, 0.5, time.Second},
		{1, 0, 1, 1250 * time.Millisecond},
		{4, 0, 0.5, 8 * time.Second},
		{7, 0, 0.5, 60 * time.Second},
		{7, 0, 1, 60 * time.Second}, // jitter does not pass the cap
		{7, 0, 0, 45 * time.Second},
		{2000, 0, 0.5, 60 * time.Second},
		{1, 5 * time.Second, 0, 5 * time.Second}, // never earlier than asked
		{1, 5 * time.Second, 1, 6250 * time.Millisecond},
		{1, 20 * time.Millisecond, 0, 750 * time.Millisecond},
		{4, 5 * time.Second, 0.5, 8 * time.Second},
		{1, 60 * time.Second, 1, 60 * time.Second},
	}
	for _, tt := range tests {
		if got := delay(tt.try, tt.asked, tt.random); got != tt.want {
			t.Errorf("delay(%d, %v, %v) = %v, want %v", tt.try, tt.asked, tt.random, got, tt.want)
		}
	}
}

func TestExhaustedCodes(t *testing.T) {
	for code, want := range map[string]bool{
		"insufficient_quota":         true,
		"billing_hard_limit_reached": true,
		"billing_not_active":         true,
		"spend_limit_exceeded":       true,
		"monthly-spend-limit":        true,
		"Project Spend Limit":        true,
		"insufficient_balance":       true,
		"rate_limit_exceeded":        false,
		"rate_limit_error":           false,
		"requests":                   false,
		"tokens":                     false,
		"":                           false,
	} {
		if got := isExhaustedCode(code); got != want {
			t.Errorf("isExhaustedCode(%q) = %v", code, got)
		}
	}
}

func TestBudget(t *testing.T) {
	now := time.Now()
	b := newBudget(RetryBudget{Ratio: 0.25, PerSecond: 0.5, Burst: 2}, now)
	spend := func(want ...bool) {
		t.Helper()
		for i, w := range want {
			if got := b.spend(now); got != w {
				t.Fatalf("retry %d granted: %v, want %v", i+1, got, w)
			}
		}
	}
	spend(true, true, false)
	for range 4 {
		b.earn()
	}
	spend(true, false) // four calls earned one
	now = now.Add(2 * time.Second)
	spend(true, false) // two seconds earned one
	now = now.Add(time.Hour)
	spend(true, true, false) // no more than Burst is saved up
}
