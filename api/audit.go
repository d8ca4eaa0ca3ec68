// Audits of hits: how the provider is asked for them.

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
)

const (
	// auditTenant is who all audits are made for: together they have one turn
	// among those of the background lane. No key can name a tenant so.
	auditTenant = "askonce audits"

	// auditWait is how long an audit waits for limits. Nobody waits for it, but
	// others wait behind it.
	auditWait = time.Minute
)

// audit is how the provider is asked for an audit of this request's hit; nil if
// it is not to be. It is the operator's call: in the background lane, by no
// tenant's limits, with the service's credential. A caller's own is for his
// request alone, so the hits of those who pay themselves are not audited.
func (s *Server) audit(r *http.Request, x *exchange, view *llm.Request, steering steering) cache.Load {
	if !s.opts.Cache.Audits(x.caller.tenant, s.namespace(steering.namespace)) {
		return nil
	}
	own, _ := s.spending(&x.caller, true) // an allowed path is never refused
	if own.secret != "" {
		return nil
	}
	return func(ctx context.Context) (*http.Response, error) {
		call, prompt := s.outgoing(r, x, view, &steering, own)
		call.Tenant, call.Lane, call.MaxWait = auditTenant, llm.LaneBackground, auditWait
		return s.send(ctx, x, view, call, &prompt)
	}
}
