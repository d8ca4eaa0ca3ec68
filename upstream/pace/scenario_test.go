// What users see: bursts, floods and noisy neighbours before a provider that
// keeps its own log.

package pace_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

var countings = []limit.Counting{limit.TokenBucket, limit.SlidingWindow, limit.FixedWindow}

func TestBurst(t *testing.T) {
	bubble(t, time.Minute, func(ctx context.Context, t *testing.T) {
		h := newHouse(t, preset(t, "openai/gpt-4o/tier-1"), nil, pace.Options{})
		for range 50 {
			go h.use(ctx, ask(pace.P1, "a", 300), time.Second)
			time.Sleep(40 * time.Millisecond)
		}
		h.finish()
		if h.refused != 0 || len(h.waits[pace.P1]) != 50 || h.fails != 0 {
			t.Errorf("refused %d, answered %d, failed %d", h.refused, len(h.waits[pace.P1]), h.fails)
		}
	})
}

func TestRAGUsesTheLimit(t *testing.T) {
	for _, counting := range countings {
		t.Run(counting.String(), func(t *testing.T) {
			bubble(t, 5*time.Minute, func(ctx context.Context, t *testing.T) {
				h := newHouse(t, perMinute(counting, 30_000), nil, pace.Options{})
				h.every(ctx, 5*time.Second, ask(pace.P1, "a", 6_000))
				h.finish()
				used := float64(h.total) / (5 * 30_000)
				t.Logf("used %.1f %%", 100*used)
				if h.refused != 0 || used < 0.95 {
					t.Errorf("refused %d, used %.3f", h.refused, used)
				}
			})
		})
	}
}

// P2 comes at ten times the limit, P0 at a fifth of it; also with calls so large
// that the limit takes longer to give one than anybody would wait.
func TestFlood(t *testing.T) {
	for _, counting := range countings {
		for _, size := range []int64{600, 2_400} {
			t.Run(fmt.Sprint(counting, "/", size), func(t *testing.T) {
				bubble(t, 10*time.Minute, func(ctx context.Context, t *testing.T) {
					h := newHouse(t, perMinute(counting, 30_000), nil, pace.Options{})
					go h.every(ctx, 120*time.Millisecond, ask(pace.P2, "batch", 600))
					h.every(ctx, time.Duration(size)*10*time.Millisecond, ask(pace.P0, "people", size))
					h.finish()
					h.checkFlood(t, size)
				})
			})
		}
	}
}

// checkFlood is what must hold when P0's calls of that size took a fifth of the
// limit for ten minutes. Room for three of them stays unused in a window.
func (h *house) checkFlood(t *testing.T, size int64) {
	t.Helper()
	calls, room := int(60_000/size), 3*float64(size)/30_000
	p0, p2 := p99(h.waits[pace.P0]), p99(h.waits[pace.P2])
	used := float64(h.total) / (10 * 30_000)
	t.Logf("P0 %d, p99 %s; P2 %d, p99 %s; used %.1f %%", len(h.waits[pace.P0]), p0, len(h.waits[pace.P2]), p2, 100*used)
	switch {
	case h.refused != 0:
		t.Errorf("the provider refused %d", h.refused)
	case len(h.waits[pace.P0]) < calls:
		t.Errorf("P0 got %d of %d answers", len(h.waits[pace.P0]), calls)
	case p0 >= p2/20:
		t.Errorf("P0 waited %s, P2 %s", p0, p2)
	case used < 0.98-room:
		t.Errorf("used %.3f", used)
	}
}

// P0 alone is above the limit: P2 still gets its share, be its calls ever so
// large.
func TestBackgroundNeverStarves(t *testing.T) {
	for _, counting := range countings {
		for _, size := range []int64{300, 12_000} {
			t.Run(fmt.Sprint(counting, "/", size), func(t *testing.T) {
				bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
					h := newHouse(t, perMinute(counting, 30_000), nil, pace.Options{
						MaxWait: [3]time.Duration{time.Minute, time.Minute, 3 * time.Hour},
					})
					go h.every(ctx, time.Duration(size)*time.Millisecond, ask(pace.P2, "batch", size))
					h.every(ctx, 400*time.Millisecond, ask(pace.P0, "people", 300))
					h.finish()
					share := float64(h.share["batch"]) / float64(h.total)
					t.Logf("P2 got %.3f of the tokens; P0's p99 %s", share, p99(h.waits[pace.P0]))
					if h.refused != 0 || share < 0.035 || share > 0.065 {
						t.Errorf("refused %d, P2 got %.3f of the tokens", h.refused, share)
					}
				})
			})
		}
	}
}

// One of five tenants sends 95 % of the calls: all get the same.
func TestNoisyTenant(t *testing.T) {
	for _, counting := range countings {
		t.Run(counting.String(), func(t *testing.T) {
			bubble(t, 20*time.Minute, func(ctx context.Context, t *testing.T) {
				h := newHouse(t, perMinute(counting, 60_000), nil, pace.Options{
					MaxWait: [3]time.Duration{time.Hour, time.Hour, time.Hour}, MaxWaiting: 200,
				})
				// Each quiet tenant asks for 30 % of the limit, a fifth is fair.
				go h.every(ctx, 40*time.Millisecond, ask(pace.P1, "noisy", 700))
				for i := range 4 {
					go h.every(ctx, 2*time.Second, ask(pace.P1, fmt.Sprint("quiet", i), 600))
				}
				time.Sleep(5 * time.Minute)
				before := shares(h)
				<-ctx.Done()
				h.finish()
				after := shares(h)
				var total int64
				for tenant := range after {
					after[tenant] -= before[tenant]
					total += after[tenant]
				}
				for tenant, n := range after {
					share := float64(n) / float64(total)
					if share < 0.2*0.95 || share > 0.2*1.05 {
						t.Errorf("%s got %.4f, want 0.2", tenant, share)
					}
				}
				if h.refused != 0 {
					t.Errorf("refused %d", h.refused)
				}
			})
		})
	}
}

func shares(h *house) map[string]int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := make(map[string]int64)
	for tenant, n := range h.share {
		m[tenant] = n
	}
	return m
}
