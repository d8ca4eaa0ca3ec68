// Explaining a prompt: the serving code run on copies of what was learned, and
// its result in words and figures.

package api

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy/prefix"
	"github.com/askonce/askonce/policy/price"
)

// Explainer explains prompts.
type Explainer struct {
	prompts *prompts
	prices  *price.Table
	tokens  func(model, text string) int
}

// NewExplainer returns an Explainer without a service, which has learned nothing.
// Of opts it takes Prompt, Prices and Tokens.
func NewExplainer(opts Options) (*Explainer, error) {
	p, err := newPrompts(&Options{Prompt: opts.Prompt})
	return &Explainer{prompts: p, prices: opts.Prices, tokens: opts.Tokens}, err
}

// Teach lets the Explainer see a request as the service would.
func (e *Explainer) Teach(ask *ExplainRequest) {
	e.prompts.prepare(ask.View, ask.Tenant, ask.Namespace, ask.Mode)
}

// Explain explains a prompt. What was learned so far is used and not added to.
func (e *Explainer) Explain(ask *ExplainRequest) *Explanation {
	usual := e.prompts.rules(ask.Tenant, ask.Namespace)
	owner := promptOwner(ask.View, ask.Tenant, ask.Namespace)
	seen := e.prompts.seen.Copy(owner)
	x := &Explanation{
		Endpoint: ask.View.Endpoint, Model: ask.View.Model, Namespace: ask.Namespace, Mode: ask.Mode, NamespaceMode: usual.Text,
		Learned: !seen.Empty(), Moves: []ExplainedMove{}, Held: []ExplainedMove{}, Marks: []ExplainedMark{}, Warnings: []string{},
	}
	r := rewrite{rules: usual.asked(ask.Mode), owner: owner, seen: seen.Copy(owner), repeats: e.prompts.repeats.Copy(), now: time.Now()}
	r.run(ask.View)
	x.Before, x.After = jsontext.Value(ask.View.Body), jsontext.Value(r.body)
	x.tellMoves(&r.ordered)
	x.tellMarks(r.marked)
	x.Diff = prefix.Difference(x.Before, x.After)
	x.Unified = prefix.Unified(x.Diff)
	count := e.counter(ask.View.Model)
	x.StablePrefix.Before = x.prefixOf(prefix.StableOf(x.Before, seen.Copy(owner).At(owner), count))
	x.StablePrefix.After = x.prefixOf(prefix.StableOf(x.After, seen.Copy(owner).At(owner), count))
	x.tellSaving(e, r.marked)
	x.warn()
	return x
}

func (e *Explainer) counter(model string) func(string) int {
	if e.tokens == nil {
		return nil
	}
	return func(text string) int { return e.tokens(model, text) }
}

func (x *Explanation) tellMoves(r *prefix.Result) {
	x.Discarded = r.Discarded
	for i := range r.Moves {
		m := &r.Moves[i]
		told := ExplainedMove{Kind: m.Kind, Place: m.Place, Text: m.Text, Reason: m.Reason, Held: m.Held, Why: whyMoved(m)}
		if m.Held == "" {
			x.Moves = append(x.Moves, told)
		} else {
			x.Held = append(x.Held, told)
		}
	}
}

func (x *Explanation) tellMarks(m *prefix.Marked) {
	if m == nil {
		return
	}
	x.MarksHeld = m.Held
	for _, b := range m.Breakpoints {
		x.Marks = append(x.Marks, ExplainedMark{
			Place: b.Place, Tokens: b.Tokens, Chance: rounded(b.Chance), SavingTokens: math.Round(b.Saving), Set: b.Set && m.Held == "",
		})
	}
}

func rounded(chance float64) float64 { return math.Round(chance*1000) / 1000 }

func (x *Explanation) prefixOf(s prefix.Stable) ExplainedPrefix {
	return ExplainedPrefix{Tokens: s.Tokens, Kept: x.kept(&s), EndsAt: s.Place, Reason: s.Reason, Why: whyEnds(&s)}
}

// tellSaving compares what the provider can have kept of the prefix before and
// after, in tokens and at the model's price.
func (x *Explanation) tellSaving(e *Explainer, marked *prefix.Marked) {
	before, after := &x.StablePrefix.Before, &x.StablePrefix.After
	saving := &x.Saving
	saving.Tokens = after.Kept - before.Kept
	saving.Assumptions = x.assumptions(e)
	prompt := promptTokens(x.After, e.counter(x.Model))
	known := e.prices.Find(x.Model)
	rates := known.For(int64(prompt))
	if rates == nil {
		saving.Assumptions = append(saving.Assumptions, "no price of the model "+x.Model+" is known, so there are no dollars; set it under prices in the configuration")
		return
	}
	saving.Price = &ExplainedPrice{Input: rates.Input, Cached: rates.Cached, Write: rates.Write, Source: known.Source, Date: known.Date}
	usd := float64(saving.Tokens) * (rates.Input - rates.Cached) / 1e6
	saving.USD = &usd
	saving.Assumptions = append(saving.Assumptions, fmt.Sprintf("a million prompt tokens cost $%g, cached ones $%g (%s)", rates.Input, rates.Cached, sourceOf(known)))
}

func sourceOf(p *price.Price) string {
	if p.Date == "" {
		return p.Source
	}
	return p.Source + ", as of " + p.Date
}

// kept is how many tokens of a stable prefix the provider can find again.
func (x *Explanation) kept(s *prefix.Stable) int {
	switch {
	case x.Endpoint != llm.Messages:
		return prefix.Automatic(s.Tokens)
	case s.Marked < prefix.LeastTokens(x.Model):
		return 0
	}
	return s.Marked
}

// promptTokens is about how many tokens a prompt has.
func promptTokens(body []byte, count func(string) int) int {
	if count == nil {
		return len(body) / 4
	}
	return count(string(body))
}

// assumptions are what the figures rest on.
func (x *Explanation) assumptions(e *Explainer) []string {
	list := []string{"another request with the same prefix was sent while the provider kept it (some 5 to 10 minutes, without a promise)"}
	if x.Endpoint == llm.Messages {
		list = append(list, fmt.Sprintf("Anthropic keeps prefixes that end at a mark, from %d tokens on for this model; writing one costs more than input once, which is not taken off", prefix.LeastTokens(x.Model)))
	} else {
		list = append(list, "the provider keeps prefixes from 1,024 tokens on, in steps of 128, as OpenAI does")
	}
	if e.tokens == nil {
		list = append(list, "a token is counted for four bytes")
	} else {
		list = append(list, "tokens are estimated: counted with OpenAI's tokenizer, long texts by samples, and by bytes until it is loaded")
	}
	if !x.Learned {
		list = append(list, "what is stable is judged by how it looks: no earlier requests of the namespace and model are known")
	}
	return list
}

// warn tells what may be otherwise than it looks.
func (x *Explanation) warn() {
	add := func(format string, args ...any) { x.Warnings = append(x.Warnings, fmt.Sprintf(format, args...)) }
	for _, s := range prefix.Strangers(x.Before) {
		add("%s has the %s %q, which is not known: it stays where it is, and so does what follows it in its message", s.Place, s.What, s.Name)
	}
	if x.Discarded != "" {
		add("the rewrite failed its check (%s), so the prompt goes out as it came: please report its shape", x.Discarded)
	}
	made := func(kind prefix.Kind) bool {
		return slices.ContainsFunc(x.Moves, func(m ExplainedMove) bool { return m.Kind == kind })
	}
	if made(prefix.Documents) {
		add("requests about the same documents share these as a prefix now; how many there are is not known, so that is not in the saving")
	}
	if made(prefix.Tools) {
		add("the tools were sorted; if the caller lists them in another order each time, nothing behind them was cached before, and more is saved than is told here")
	}
	after := &x.StablePrefix.After
	if after.Kept == 0 && after.Tokens >= prefix.LeastTokens(x.Model) && slices.ContainsFunc(x.Marks, func(m ExplainedMark) bool { return m.Set }) {
		add("the marks stand behind what changes with each request (%s: %s): each call writes a prefix that none finds again", after.EndsAt, after.Why)
	}
	if x.NamespaceMode != prefix.On && (made(prefix.Volatile) || made(prefix.Documents)) {
		add("this is the mode on; the namespace %s has %s: set prompt_order there, or send Askonce-Prompt-Order: on", x.Namespace, x.NamespaceMode)
	}
	if x.Mode != prefix.On && slices.ContainsFunc(x.Held, func(m ExplainedMove) bool { return m.Held == string(prefix.Observe) }) {
		add("moves of text are only observed in this mode; ask for the mode on to see what they come to")
	}
	if x.MarksHeld == "callers_marks" {
		add("the request has cache_control marks of its own, so none are set")
	}
}
