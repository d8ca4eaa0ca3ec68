// Limits: who counts them, and how they are shown.

package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askonce/askonce/api"
	"github.com/askonce/askonce/cache/rediscache"
	"github.com/askonce/askonce/upstream"
	"github.com/askonce/askonce/upstream/alert"
	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
	"github.com/askonce/askonce/upstream/redisledger"
)

// ledger is what counts limits, whether here or in Redis.
type ledger interface {
	pace.Ledger
	alert.Source
}

// limits are the ledger and what looks at it. It is an [api.Limits].
type limits struct {
	ledger
	shared  *redisledger.Ledger // nil: this process counts alone
	watcher *alert.Watcher
	client  *upstream.Client // set when there is one
}

// shownTenants bounds how many tenants are shown at once.
const shownTenants = 1_000

// newLimits makes the ledger that knows tenants and the deployments of opts: in
// Redis where there is one and anything is limited.
func newLimits(cfg *Config, opts *upstream.Options, store *rediscache.Store, log *slog.Logger, registry *prometheus.Registry) (*limits, error) {
	tenants := tenantRules(cfg)
	rules := func(subject string) ([]limit.Axis, bool) {
		if tenant, ok := strings.CutPrefix(subject, api.TenantSubject("")); ok {
			return tenants(tenant), true
		}
		return opts.Subject(subject)
	}
	if store == nil || !anyLimits(cfg, opts) {
		l := &limits{ledger: pace.NewLocal(rules)}
		return l, l.watch(cfg, nil, log, registry)
	}
	shared, err := redisledger.New(redisledger.Options{
		Client: store.Client(), Rules: rules, Prefix: cfg.Redis.Prefix, Registerer: registry, Logger: log,
	})
	if err != nil {
		return nil, err
	}
	l := &limits{ledger: shared, shared: shared}
	return l, l.watch(cfg, shared.Once, log, registry)
}

// anyLimits reports whether there is anything to count.
func anyLimits(cfg *Config, opts *upstream.Options) bool {
	return len(opts.Limits) > 0 || cfg.tier(cfg.DefaultTier).Limited ||
		slices.ContainsFunc(opts.Deployments, func(d upstream.Deployment) bool { return len(d.Limits) > 0 }) ||
		slices.ContainsFunc(cfg.Keys, func(k KeyConfig) bool { return cfg.tier(cfg.tierOf(k)).Limited })
}

// watch raises alerts from now on.
func (l *limits) watch(cfg *Config, once func(context.Context, string, time.Duration) (bool, error), log *slog.Logger, registry *prometheus.Registry) (err error) {
	l.watcher, err = alert.New(alert.Options{
		Source: glances{l}, Once: once, Webhook: cfg.Alerts.Webhook.reveal(), Registerer: registry, Logger: log,
	})
	return err
}

// glances are the standings that cost no question.
type glances struct{ *limits }

func (g glances) Standings(ctx context.Context, subject string) ([]limit.Standing, error) {
	return g.glance(ctx, subject)
}

func (l *limits) glance(ctx context.Context, subject string) ([]limit.Standing, error) {
	if l.shared != nil {
		return l.shared.Glance(subject)
	}
	return l.ledger.Standings(ctx, subject)
}

func (l *limits) close() {
	if l == nil {
		return
	}
	if l.watcher != nil {
		l.watcher.Close()
	}
	if l.shared != nil {
		l.shared.Close()
	}
}

// CountHit implements [api.Limits].
func (l *limits) CountHit(ctx context.Context, subject string) (bool, time.Duration, string, error) {
	ask := limit.Ask{Want: limit.Amounts{limit.Requests: 1}}
	_, v, err := l.Take(ctx, subject, ask)
	if err != nil || v.OK {
		return v.OK, 0, "", err
	}
	v, err = l.Project(ctx, subject, limit.Amounts{}, ask) // a take tells when to ask again, which may be earlier
	return false, v.At.Sub(limit.At(time.Now())), v.Axis, err
}

// Glance implements [api.Limits].
func (l *limits) Glance(subject string) []api.LimitState {
	list, err := l.glance(context.Background(), subject)
	if err != nil {
		return nil
	}
	return limitStates(list)
}

// State implements [api.Limits].
func (l *limits) State(ctx context.Context, tenant string) (api.LimitsState, error) {
	state := api.LimitsState{Replicas: 1}
	if l.shared != nil {
		state.Shared, state.Replicas = l.shared.Shared(), l.shared.Replicas()
	}
	tenants := []string{tenant}
	if tenant == "" {
		state.Subjects = l.deployments(ctx)
		tenants = l.tenants()
	}
	var problems []error
	for _, name := range tenants {
		list, err := l.ledger.Standings(ctx, api.TenantSubject(name))
		if err != nil {
			problems = append(problems, err)
		}
		if len(list) > 0 {
			state.Subjects = append(state.Subjects, api.SubjectState{Kind: "tenant", Name: name, Limits: limitStates(list)})
		}
	}
	return state, errors.Join(problems...)
}

func (l *limits) deployments(ctx context.Context) []api.SubjectState {
	var list []api.SubjectState
	for _, s := range l.client.Standings(ctx) {
		list = append(list, api.SubjectState{
			Kind: "deployment", Name: s.Deployment, Limits: limitStates(s.Limits),
			Waiting: &api.WaitingState{Calls: s.Waiting.Calls, InFlight: s.InFlight},
		})
	}
	return list
}

// tenants are those in use, by name.
func (l *limits) tenants() []string {
	var names []string
	for _, subject := range l.Subjects() {
		if name, ok := strings.CutPrefix(subject, api.TenantSubject("")); ok && len(names) < shownTenants {
			names = append(names, name)
		}
	}
	return names
}

func limitStates(list []limit.Standing) []api.LimitState {
	states := make([]api.LimitState, len(list))
	for i, st := range list {
		states[i] = api.LimitState{
			Name: st.Name, Unit: st.Unit.String(), Counting: st.Rule.Counting.String(),
			Limit: st.Limit, Used: st.Used, Remaining: st.Available,
		}
		if st.Rule.Counting != limit.Concurrency {
			states[i].Window = st.Rule.Span()
		}
		if st.Full.Known() {
			states[i].Resets = st.Full.Time()
		}
	}
	return states
}
