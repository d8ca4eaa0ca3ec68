// The limits of tenants beside those of deployments.

package pace_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

func TestTenantLimitsComeFirst(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		perTenant := []limit.Axis{{Name: "requests", Unit: limit.Requests, Rule: limit.Rule{
			Counting: limit.TokenBucket, Limit: 6, Burst: 1,
		}}}
		h := newHouse(t, perMinute(limit.TokenBucket, 60_000), perTenant, pace.Options{})
		of := func(tenant string, tokens int64) pace.Request {
			req := ask(pace.P1, tenant, tokens)
			req.TenantLimits = pace.Claim{Subject: tenant, Amounts: limit.Amounts{limit.Requests: 1}}
			return req
		}
		h.reserve(t, of("a", 30_000))
		order := &record{}
		h.wait(ctx, of("a", 30_000), "a", order)
		h.wait(ctx, of("b", 100), "b", order)
		if !slices.Equal(order.names(), []string{"b"}) {
			t.Errorf("behind a tenant that waits for itself: %q", order.names())
		}
		impatient := ask(pace.P1, "c", 100)
		impatient.MaxWait = -1
		h.reserve(t, impatient)
		req := of("a", 100)
		req.MaxWait = time.Second
		if got := h.refusal(t, req, pace.TooLong); got.Subject != "a" || got.Axis != "requests" || got.RetryAfter != 20*time.Second {
			t.Errorf("got %+v", got)
		}
		time.Sleep(11 * time.Second)
		if !slices.Equal(order.names(), []string{"b", "a"}) {
			t.Errorf("got %q", order.names())
		}
		// What the deployment refuses costs the tenant nothing.
		h.reserve(t, ask(pace.P1, "c", 10_000))
		req = of("d", 60_000)
		req.MaxWait = time.Second
		h.refusal(t, req, pace.TooLong)
		if r := h.reserve(t, of("d", 1)); r.Waited() != 0 {
			t.Errorf("waited %s", r.Waited())
		}
	})
}

func TestATenantsReleaseWakesItEverywhere(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		h := newHouse(t, perMinute(limit.TokenBucket, 60_000), atATime(1), pace.Options{Recheck: time.Hour})
		req := ask(pace.P1, "a", 1)
		req.TenantLimits.Subject = "a"
		running := h.reserve(t, req)
		req.Deployment.Subject = "second"
		order := &record{}
		h.wait(ctx, req, "second", order)
		if len(order.names()) != 0 {
			t.Error("passed the tenant's limit")
		}
		running.Cancel()
		synctest.Wait()
		if len(order.names()) != 1 {
			t.Error("not woken")
		}
	})
}

func TestUnusedTenantsAreForgotten(t *testing.T) {
	bubble(t, time.Hour, func(ctx context.Context, t *testing.T) {
		asked := make(map[string]int)
		local := pace.NewLocal(func(subject string) ([]limit.Axis, bool) {
			asked[subject]++
			return perMinute(limit.TokenBucket, 60), true
		})
		use := func(tenant string, n int64) {
			if _, v, err := local.Take(ctx, tenant, limit.Ask{Want: limit.Amounts{limit.TotalTokens: n}}); err != nil || !v.OK {
				t.Fatal(v, err)
			}
		}
		use("busy", 60)
		for i := range 20_000 {
			time.Sleep(time.Millisecond)
			use(fmt.Sprint(i), 1)
		}
		use("0", 60)
		if asked["0"] != 2 || asked["busy"] != 1 {
			t.Errorf("asked %d times for an unused tenant, %d for a busy one", asked["0"], asked["busy"])
		}
	})
}
