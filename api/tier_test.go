// Tiers: lanes, limits, and what answers say of them.

package api_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/askonce/askonce/api"
	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

// bucketLimits counts in this process what a free tenant may use.
type bucketLimits struct{ *pace.Local }

func newBucketLimits() bucketLimits {
	return bucketLimits{pace.NewLocal(func(subject string) ([]limit.Axis, bool) {
		if !strings.HasPrefix(subject, "tenant/") {
			return nil, true
		}
		return []limit.Axis{
			{Name: "requests", Unit: limit.Requests, Rule: limit.Rule{Counting: limit.SlidingWindow, Limit: 2}},
			{Name: "tokens", Unit: limit.TotalTokens, Rule: limit.Rule{Counting: limit.SlidingWindow, Limit: 5_000}},
		}, true
	})}
}

func (b bucketLimits) CountHit(ctx context.Context, subject string) (bool, time.Duration, string, error) {
	_, v, err := b.Take(ctx, subject, limit.Ask{Want: limit.Amounts{limit.Requests: 1}})
	return v.OK, time.Until(v.At.Time()), v.Axis, err
}

func (b bucketLimits) Glance(subject string) []api.LimitState {
	list, _ := b.Standings(context.Background(), subject)
	states := make([]api.LimitState, len(list))
	for i, st := range list {
		states[i] = api.LimitState{
			Name: st.Name, Unit: st.Unit.String(), Counting: st.Rule.Counting.String(), Window: st.Rule.Span(),
			Limit: st.Limit, Used: st.Used, Remaining: st.Available, Resets: st.Full.Time(),
		}
	}
	return states
}

func (b bucketLimits) State(_ context.Context, tenant string) (api.LimitsState, error) {
	state := api.LimitsState{Replicas: 1}
	for _, subject := range b.Subjects() {
		name, isTenant := strings.CutPrefix(subject, "tenant/")
		if isTenant && (tenant == "" || tenant == name) {
			state.Subjects = append(state.Subjects, api.SubjectState{Kind: "tenant", Name: name, Limits: b.Glance(subject)})
		}
	}
	return state, nil
}

// tiered is the plan of a service whose tenants have the tier.
func tiered(tier api.Tier, tenants ...string) plan {
	limits := newBucketLimits()
	return plan{upstreamKey: "sk-service", ledger: limits, options: func(o *api.Options) {
		o.Limits = limits
		for _, tenant := range tenants {
			k := key("ask_"+tenant, tenant, api.RoleWrite)
			k.Tier = tier
			o.Keys = append(o.Keys, k)
		}
		o.Keys = append(o.Keys, key("ask_root", "root", api.RoleAdmin))
	}}
}

func as(tenant string) []string { return []string{"Authorization", "Bearer ask_" + tenant} }

func TestAnswersSayHowTheTenantStands(t *testing.T) {
	w := newWorld(t, tiered(api.Tier{Name: "free", Limited: true, CountHits: true}, "acme"))
	w.chat(question("a"), as("root")...).wants(t, 200)
	if got := w.chat(question("a"), as("root")...); got.header.Get("RateLimit") != "" {
		t.Errorf("a tenant without limits is told %q", got.header.Get("RateLimit"))
	}
	w.chat(question("a"), as("acme")...).wants(t, 200)
	hit := w.chat(question("a"), as("acme")...).wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
	hit.wantsHeader(t, "RateLimit-Policy", `"requests";q=2;w=60, "tokens";q=5000;qu="total_tokens";w=60`)
	if got := hit.header.Get("RateLimit"); !regexp.MustCompile(`^"requests";r=\d;t=(59|60|61), "tokens";r=\d+;t=\d+$`).MatchString(got) {
		t.Errorf("RateLimit: %q", got)
	}
}

func TestHitsCountOnlyWhereConfigured(t *testing.T) {
	for _, counts := range []bool{true, false} {
		w := newWorld(t, tiered(api.Tier{Name: "free", Limited: true, CountHits: counts}, "acme"))
		w.chat(question("a"), as("acme")...).wants(t, 200)
		last := reply{}
		for range 4 {
			last = w.chat(question("a"), as("acme")...)
		}
		if !counts {
			last.wants(t, 200)
			continue
		}
		refused := last.wants(t, http.StatusTooManyRequests).wantsHeader(t, "RateLimit", `"requests";r=0;t=`)
		if wait := refused.header.Get("Retry-After"); wait != "60" && wait != "61" && wait != "59" {
			t.Errorf("Retry-After: %q", wait)
		}
		failure := refused.decode(t)["error"].(map[string]any)
		if failure["type"] != "rate_limit_error" || failure["code"] != "rate_limit_exceeded" {
			t.Errorf("got %v", failure)
		}
		if refused.header.Get("X-Should-Retry") != "" {
			t.Error("the SDK is kept from coming back")
		}
	}
}

// asked is an upstream that notes the calls, and limits none.
type asked struct {
	api.Upstream
	last *llm.Call
}

func (a *asked) Do(ctx context.Context, call *llm.Call) (*http.Response, error) {
	a.last = call
	free := *call
	free.TenantLimits = ""
	return a.Upstream.Do(ctx, &free)
}

func TestACallerOnlyLowersItsLane(t *testing.T) {
	noted := &asked{}
	p := tiered(api.Tier{Name: "pro", Lane: llm.LaneStandard, Limited: true}, "acme")
	configure := p.options
	p.options = func(o *api.Options) {
		configure(o)
		noted.Upstream, o.Upstream = o.Upstream, noted
	}
	w := newWorld(t, p)
	for i, test := range []struct {
		tenant, lane, wait string
		want               llm.Lane
		wantWait           time.Duration
	}{
		{"acme", "", "", llm.LaneStandard, 0},
		{"acme", "P0", "1.5", llm.LaneStandard, 1500 * time.Millisecond},
		{"acme", "p2", "0", llm.LaneBackground, -1},
		{"root", "P0", "", llm.LaneInteractive, 0},
		{"root", "", "", "", 0},
	} {
		headers := as(test.tenant)
		for name, value := range map[string]string{"Askonce-Lane": test.lane, "Askonce-Max-Wait": test.wait} {
			if value != "" {
				headers = append(headers, name, value)
			}
		}
		for method, path := range map[string]string{"POST": "/v1/chat/completions", "GET": "/v1/models"} {
			w.send(method, path, question(string(rune('a'+i))), headers...).wants(t, 200)
			if noted.last == nil || noted.last.Lane != test.want || noted.last.MaxWait != test.wantWait {
				t.Errorf("%+v at %s: %+v", test, path, noted.last)
			}
			if limits := noted.last.TenantLimits; (limits == "tenant/acme") != (test.tenant == "acme") {
				t.Errorf("%+v: counted against %q", test, limits)
			}
			noted.last = nil
		}
	}
	for name, value := range map[string]string{"Askonce-Lane": "urgent", "Askonce-Max-Wait": "soon"} {
		w.chat(question("x"), append(as("acme"), name, value)...).wants(t, 400)
	}
}

func TestLimitsAreShown(t *testing.T) {
	w := newWorld(t, tiered(api.Tier{Name: "free", Limited: true, CountHits: true}, "acme", "other"))
	for _, tenant := range []string{"acme", "other", "acme"} {
		w.chat(question("a"), as(tenant)...).wants(t, 200)
	}
	d := readDocument(t, w)
	for tenant, want := range map[string]int{"acme": 1, "other": 1, "root": 2} {
		got := w.send("GET", "/v1/limits", "", as(tenant)...).wants(t, 200)
		d.checkAnswer(t, "/paths/~1v1~1limits/get", got)
		subjects := got.decode(t)["subjects"].([]any)
		if len(subjects) != want {
			t.Fatalf("%s sees %v", tenant, subjects)
		}
		first := subjects[0].(map[string]any)
		if tenant != "root" && first["name"] != tenant {
			t.Errorf("%s sees %v", tenant, first)
		}
		if limits := first["limits"].([]any); tenant == "acme" && limits[0].(map[string]any)["used"] == 0.0 {
			t.Errorf("a hit that counts was not counted: %v", limits)
		}
	}
	plain := newWorld(t, plan{})
	if got := plain.send("GET", "/v1/limits", "").wants(t, 200).decode(t)["subjects"].([]any); len(got) != 0 {
		t.Errorf("without limits: %v", got)
	}
}
