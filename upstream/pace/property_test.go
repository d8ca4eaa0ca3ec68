// Whatever comes, the provider refuses nothing: against its own log, with the
// way to it taking more or less time, and calls that use less than estimated.

package pace_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

// traffic is one call that will be made.
type traffic struct {
	after, way, took time.Duration
	request          pace.Request
	used             int64
	patience         time.Duration // until the caller leaves
}

func TestTheProviderRefusesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		slack := time.Duration(rapid.IntRange(0, 200).Draw(rt, "slack")) * time.Millisecond
		axes, calls := anyAxes(rt, slack), anyTraffic(rt, slack)
		var h *house
		var left pace.Waiting
		synctest.Test(t, func(t *testing.T) {
			h = newHouse(t, axes, nil, pace.Options{MaxWait: [3]time.Duration{2 * time.Second, time.Minute, 5 * time.Minute}})
			var all sync.WaitGroup
			for _, c := range calls {
				time.Sleep(c.after)
				all.Go(func() { h.live(c) })
			}
			all.Wait()
			synctest.Wait()
			left = h.Waiting(deployment)
		})
		if h.refused > 0 {
			rt.Fatalf("%v: the provider refused %d of %d calls: %v", axes, h.refused, h.refused+len(h.log), h.log)
		}
		if left != (pace.Waiting{}) {
			rt.Fatalf("left behind: %+v", left)
		}
	})
}

// live makes one call as its client would.
func (h *house) live(c traffic) {
	ctx, cancel := context.WithTimeout(context.Background(), c.patience)
	defer cancel()
	r, err := h.Reserve(ctx, c.request)
	if err != nil {
		return
	}
	time.Sleep(c.way)
	used := limit.Amounts{limit.Requests: 1, limit.TotalTokens: c.used}
	h.call(used)
	time.Sleep(c.took)
	r.Settle(used, used)
}

func anyAxes(t *rapid.T, slack time.Duration) []limit.Axis {
	rule := func(name string, least, most int64) limit.Rule {
		return limit.Rule{
			Counting: rapid.SampledFrom(countings).Draw(t, name),
			Limit:    rapid.Int64Range(least, most).Draw(t, name+" limit"),
			Window:   time.Duration(rapid.IntRange(1, 60).Draw(t, name+" window")) * time.Second,
			Slack:    slack,
		}
	}
	axes := []limit.Axis{
		{Name: "requests", Unit: limit.Requests, Rule: rule("requests", 3, 50)},
		{Name: "tokens", Unit: limit.TotalTokens, Rule: rule("tokens", 1_000, 20_000)},
	}
	return append(axes[:rapid.IntRange(1, 2).Draw(t, "axes")], atATime(rapid.Int64Range(1, 20).Draw(t, "calls"))...)
}

func anyTraffic(t *rapid.T, slack time.Duration) []traffic {
	list := make([]traffic, rapid.IntRange(1, 80).Draw(t, "traffic"))
	millis := func(name string, most int) time.Duration {
		return time.Duration(rapid.IntRange(0, most).Draw(t, name)) * time.Millisecond
	}
	for i := range list {
		estimate := rapid.Int64Range(1, 1_000).Draw(t, "estimate")
		list[i] = traffic{
			after:    millis("after", 300),
			way:      millis("way", int(slack.Milliseconds())),
			took:     millis("took", 20_000),
			used:     rapid.Int64Range(0, estimate).Draw(t, "used"),
			patience: time.Second + millis("patience", 100_000),
			request: ask(
				pace.Lane(rapid.IntRange(0, 2).Draw(t, "lane")),
				fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "tenant")), estimate,
			),
		}
	}
	return list
}
