// Tiers: what a tenant may use, how urgent its calls are, and what its answers
// say of that.

package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/askonce/askonce/internal/llm"
)

// Tier is what a tenant may use. The zero Tier is not limited, and its callers
// choose their lanes.
type Tier struct {
	Name string // "" for none

	// Lane is that of calls which ask for no lower one; "" lets callers choose.
	Lane llm.Lane

	// Limited says that limits hold for the tenant: those of its
	// [TenantSubject] in the ledger.
	Limited bool

	// CountHits counts answers from the cache as requests too.
	CountHits bool
}

// TenantSubject is what a tenant's limits hold for.
func TenantSubject(tenant string) string { return "tenant/" + tenant }

// Limits tells how limits stand.
type Limits interface {
	// CountHit counts one request without tokens. If the limits refuse, it
	// returns when they will allow it and which of them refuses.
	CountHit(ctx context.Context, subject string) (ok bool, wait time.Duration, limit string, err error)

	// Glance tells how a subject stands as far as is known without asking
	// anybody: it is part of answers.
	Glance(subject string) []LimitState

	// State tells how a tenant's limits stand; "" asks for those of all
	// tenants and of all deployments.
	State(ctx context.Context, tenant string) (LimitsState, error)
}

// LimitState is how one limit stands.
type LimitState struct {
	Name      string // such as "tokens"
	Unit      string // what is counted, such as "total_tokens"
	Counting  string // how, such as "sliding_window"
	Window    time.Duration
	Limit     int64
	Used      int64
	Remaining int64
	Resets    time.Time // when all of it is there again; zero if that is not known
}

// limited prepares what answers of a limited tenant say of its limits.
func (s *Server) limited(h http.Header, x *exchange) func() {
	return func() { describeLimits(h, s.opts.Limits.Glance(TenantSubject(x.caller.tenant)), time.Now()) }
}

// describeLimits writes the fields of draft-ietf-httpapi-ratelimit-headers-10.
func describeLimits(h http.Header, list []LimitState, now time.Time) {
	var policies, states []byte
	for i, l := range list {
		if i > 0 {
			policies, states = append(policies, ", "...), append(states, ", "...)
		}
		policies = strconv.AppendInt(append(strconv.AppendQuote(policies, l.Name), ";q="...), l.Limit, 10)
		if l.Unit != "requests" {
			policies = strconv.AppendQuote(append(policies, ";qu="...), l.Unit)
		}
		if l.Window > 0 {
			policies = strconv.AppendInt(append(policies, ";w="...), wholeSeconds(l.Window), 10)
		}
		states = strconv.AppendInt(append(strconv.AppendQuote(states, l.Name), ";r="...), l.Remaining, 10)
		if !l.Resets.IsZero() {
			states = strconv.AppendInt(append(states, ";t="...), max(wholeSeconds(l.Resets.Sub(now)), 0), 10)
		}
	}
	if len(list) > 0 {
		h["Ratelimit-Policy"], h["Ratelimit"] = []string{string(policies)}, []string{string(states)}
	}
}

// urge says on a call who asks, how urgently, and against which limits.
func (x *exchange) urge(call *llm.Call, s *steering) {
	tier := &x.caller.tier
	call.Tenant, call.MaxWait = x.caller.tenant, s.maxWait
	call.Lane = s.lane
	if tier.Lane != "" {
		call.Lane = max(tier.Lane, s.lane) // the names are in order, the most urgent first
	}
	if tier.Limited {
		call.TenantLimits = TenantSubject(x.caller.tenant)
	}
}

// countHit counts an answer from the cache, where its tenant's tier does. A
// ledger that fails keeps nobody from what is here.
func (s *Server) countHit(ctx context.Context, x *exchange) error {
	if tier := &x.caller.tier; !tier.Limited || !tier.CountHits {
		return nil
	}
	ok, wait, name, err := s.opts.Limits.CountHit(ctx, TenantSubject(x.caller.tenant))
	if err != nil || ok {
		return nil
	}
	return &fault{
		status: http.StatusTooManyRequests, code: "rate_limit_exceeded", retryAfter: max(wait, time.Millisecond),
		message: fmt.Sprintf("The limit %q of the tier %s is used up. Retry-After says when to come back.", name, x.caller.tier.Name),
	}
}
