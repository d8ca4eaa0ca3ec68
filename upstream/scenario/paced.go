// askonce's own client in a simulated run.

package scenario

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream"
	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
	"github.com/askonce/askonce/upstream/simulator"
)

// Silence is how long the first provider may take to begin an answer, where there
// is another.
const Silence = 5 * time.Second

// Slack is how much the ways of two calls to the provider may differ, as `serve` has it; see
// [limit.Rule].
const Slack = 200 * time.Millisecond

// paced is as many of askonce's clients as the scenario has replicas, on one
// ledger.
func (s Scenario) paced(st *stage) ([]Asker, func(), error) {
	opts := s.options(st)
	opts.Ledger = pace.NewLocal(opts.Subject)
	var clients []*upstream.Client
	closeAll := func() {
		for _, c := range clients {
			c.Close()
		}
	}
	var askers []Asker
	for range max(s.Replicas, 1) {
		c, err := upstream.New(opts)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		clients, askers = append(clients, c), append(askers, through(c, s.ModelName()))
	}
	return askers, closeAll, nil
}

// options are what an operator would configure.
func (s Scenario) options(st *stage) upstream.Options {
	axes := Axes(s.DeclaredLimits())
	opts := upstream.Options{DialContext: st.DialContext, Deployments: []upstream.Deployment{
		{Name: "primary", BaseURL: "http://" + primaryHost + "/v1", Limits: axes},
	}}
	if s.Substitute {
		opts.Deployments[0].FirstByteTimeout = Silence
		opts.Deployments = append(opts.Deployments, upstream.Deployment{
			Name: "substitute", BaseURL: "http://" + substituteHost + "/v1", Limits: axes, Passive: true,
		})
		opts.Models = map[string]upstream.Model{s.ModelName(): {Deployments: []string{"primary", "substitute"}, Strategy: upstream.Failover}}
	}
	return opts
}

// through asks a client.
func through(client *upstream.Client, model string) Asker {
	return func(ctx context.Context, c Call) (int, error) {
		resp, err := client.Do(ctx, &llm.Call{
			Method: http.MethodPost, Path: "/chat/completions", Header: http.Header{}, Body: c.Body,
			Endpoint: llm.Chat, Model: model, Tenant: c.Tenant, Namespace: "default", Lane: c.Lane, MaxWait: c.MaxWait,
		})
		var failed *llm.CallError
		switch {
		case errors.As(err, &failed):
			return failed.Status, nil
		case err != nil:
			return 0, err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode, err
	}
}

// Axes are a provider's limits as askonce is told of them.
func Axes(limits []simulator.Limit) []limit.Axis {
	var axes []limit.Axis
	for _, l := range limits {
		axis := limit.Axis{Name: axisName(l), Unit: map[simulator.Unit]limit.Unit{
			simulator.Requests: limit.Requests, simulator.Tokens: limit.TotalTokens, simulator.InputTokens: limit.InputTokens,
			simulator.OutputTokens: limit.OutputTokens, simulator.Calls: limit.Calls,
		}[l.Unit]}
		axis.Rule = limit.Rule{Limit: l.Amount, Window: l.Window, Burst: l.Burst, Slack: Slack}
		switch {
		case l.Unit == simulator.Calls:
			axis.Rule.Counting, axis.Rule.Slack = limit.Concurrency, 0
		case l.Counting == simulator.TokenBucket:
			axis.Rule.Counting = limit.TokenBucket
		case l.Counting == simulator.FixedWindow:
			axis.Rule.Counting = limit.FixedWindow
		case l.Counting == simulator.FirstUseWindow:
			axis.Rule.Counting = limit.FirstUseWindow
		default:
			axis.Rule.Counting = limit.SlidingWindow
		}
		axes = append(axes, axis)
	}
	return axes
}
