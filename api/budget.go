// Budgets: prompts that are larger than their namespace allows go on without
// their least retrieved chunks (policy/budget).

package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy/budget"
)

// BudgetRules say how large a namespace's prompts may be; zeros are no caps.
type BudgetRules struct {
	PromptTokens int64 // at most, by estimate; a prompt that can't be brought below is refused
	Chunks       int   // retrieved, at most

	// Chunks are at most LoadChunks while a limit of the model's has more than
	// this share in use, in (0, 1].
	LoadAbove  float64
	LoadChunks int
}

// Room tells how large a prompt is, and how little room its model's limits
// have.
type Room interface {
	// PromptTokens is how many tokens a call's prompt is estimated to have.
	PromptTokens(call *llm.Call) int64

	// Utilisation is the share in use of a model's limits, 1 being all.
	Utilisation(ctx context.Context, model string) float64
}

// chunksHeader tells how many of a prompt's chunks went on, and why not all:
// "5/10(load)".
const chunksHeader = "Askonce-Prompt-Chunks"

// understandBody parses a body, and finds the chunks that are marked in it. The
// view's body is without their scores.
func understandBody(ep llm.Endpoint, body []byte) (*llm.Request, *budget.Prompt, error) {
	view, err := llm.ParseRequest(ep, body)
	if err != nil {
		return nil, nil, err
	}
	prompt, err := budget.Read(body)
	if wrong, ok := errors.AsType[*budget.FieldError](err); ok {
		return nil, nil, &llm.RequestError{Param: wrong.Param, Message: wrong.Message}
	}
	if err != nil || prompt == nil {
		return view, nil, err
	}
	if plain := prompt.Plain(); len(plain) != len(body) {
		if view, err = llm.ParseRequest(ep, plain); err != nil {
			return nil, nil, err
		}
	}
	return view, prompt, nil
}

// A fit is what it takes to bring a prompt within its budget.
type fit struct {
	budget.Fitted
	chunks int    // that the prompt has
	most   int64  // tokens
	why    string // "load", "chunks" or "tokens"
}

// fit is nil for a prompt that is within its namespace's budget.
func (s *Server) fit(ctx context.Context, x *exchange, p *parsed, namespace string) *fit {
	if s.opts.Budget == nil {
		return nil
	}
	rules := s.opts.Budget(x.caller.tenant, namespace)
	f := &fit{most: rules.PromptTokens}
	caps := budget.Caps{Tokens: rules.PromptTokens}
	if p.prompt != nil {
		f.chunks = p.prompt.Chunks()
		caps.Chunks, f.why = rules.Chunks, "chunks"
		loads := rules.LoadAbove > 0 && f.chunks > rules.LoadChunks && (caps.Chunks == 0 || caps.Chunks > rules.LoadChunks)
		if loads && s.opts.Room.Utilisation(ctx, p.view.Model) > rules.LoadAbove {
			caps.Chunks, f.why = rules.LoadChunks, "load"
		}
	}
	whole := s.promptTokens(p, namespace, caps.Tokens)
	tooMany := caps.Chunks > 0 && f.chunks > caps.Chunks
	tooLong := caps.Tokens > 0 && whole > caps.Tokens
	switch {
	case !tooMany && !tooLong:
		return nil
	case p.prompt == nil:
		f.Fitted = budget.Fitted{Tokens: whole, Over: true}
		return f
	}
	f.Fitted = p.prompt.Fit(caps, func(body []byte) int64 { return s.opts.Room.PromptTokens(promptCall(p.view, namespace, body)) })
	if !tooMany || f.Dropped > f.chunks-caps.Chunks {
		f.why = "tokens"
	}
	return f
}

// promptTokens are those of the whole prompt, which matter only from a cap on:
// no token is shorter than a byte.
func (s *Server) promptTokens(p *parsed, namespace string, most int64) int64 {
	if most <= 0 || int64(len(p.view.Body)) <= most {
		return 0
	}
	if n := p.tokens.Load(); n > 0 {
		return n
	}
	n := s.opts.Room.PromptTokens(promptCall(p.view, namespace, p.view.Body))
	p.tokens.Store(n)
	return n
}

func promptCall(view *llm.Request, namespace string, body []byte) *llm.Call {
	return &llm.Call{Endpoint: view.Endpoint, Model: view.Model, Namespace: namespace, Body: body}
}

// within is the request that goes on in the place of p, which is over its
// budget. It has a key of its own. h gets what the answer says of it.
func (s *Server) within(f *fit, p *parsed, h http.Header) (*parsed, error) {
	s.budgets.fitted(f)
	if f.Over {
		return nil, &fault{
			status: http.StatusBadRequest, code: "prompt_over_budget",
			message: fmt.Sprintf("The prompt has about %d tokens, and %d are allowed in this namespace. Shorten it, or mark retrieved "+
				"chunks (askonce_score on content parts, or <chunk score=\"0.8\"> blocks), so that the least can be left out.", f.Tokens, f.most),
		}
	}
	if f.Dropped == 0 {
		return p, nil
	}
	view, err := llm.ParseRequest(p.view.Endpoint, f.Body)
	if err != nil {
		return nil, err
	}
	h[chunksHeader] = []string{strconv.Itoa(f.chunks-f.Dropped) + "/" + strconv.Itoa(f.chunks) + "(" + f.why + ")"}
	return s.memo.add(&parsed{view: view}), nil
}

// budgetMetrics count what budgets did.
type budgetMetrics struct {
	dropped *prometheus.CounterVec // chunks, by why
	over    prometheus.Counter
}

func newBudgetMetrics(r prometheus.Registerer) (*budgetMetrics, error) {
	m := &budgetMetrics{
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askonce_prompt_chunks_dropped_total", Help: "Retrieved chunks left out of prompts, by cause: chunks, tokens, load.",
		}, []string{"cause"}),
		over: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "askonce_prompt_over_budget_total", Help: "Prompts refused since they were over their namespace's cap on tokens.",
		}),
	}
	if r == nil {
		return m, nil
	}
	return m, errors.Join(r.Register(m.dropped), r.Register(m.over))
}

func (m *budgetMetrics) fitted(f *fit) {
	if f.Over {
		m.over.Inc()
		return
	}
	m.dropped.WithLabelValues(f.why).Add(float64(f.Dropped))
}
