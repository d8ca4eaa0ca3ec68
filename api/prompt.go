// Prompts on their way to the provider: ordered and marked, so that its prefix
// cache finds more of them (policy/prefix).

package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy/prefix"
)

// PromptRules say what may be done to a namespace's prompts.
type PromptRules struct {
	Lossless prefix.Mode // the order of tools and members
	Text     prefix.Mode // moves of text inside a message
	CacheKey bool        // a prompt_cache_key for OpenAI
	Marks    bool        // cache_control for Anthropic
}

// DefaultPromptRules hold where nothing else was said: what is lossless is done,
// and what would move text is reported.
func DefaultPromptRules() PromptRules {
	return PromptRules{Lossless: prefix.On, Text: prefix.Observe, Marks: true}
}

// promptHeader tells what was done to a prompt, and promptOrderHeader asks for
// it.
const (
	promptHeader      = "Askonce-Prompt"
	promptOrderHeader = "Askonce-Prompt-Order"
)

// prompts prepares them and remembers what they had in common.
type prompts struct {
	rules   func(tenant, namespace string) PromptRules
	seen    *prefix.History
	repeats *prefix.Repeats
	metrics *promptMetrics
	usage   *promptUsage
}

func newPrompts(opts *Options) (*prompts, error) {
	p := &prompts{
		rules: opts.Prompt, seen: prefix.NewHistory(), repeats: prefix.NewRepeats(), metrics: newPromptMetrics(), usage: newPromptUsage(),
	}
	if p.rules == nil {
		p.rules = func(string, string) PromptRules { return DefaultPromptRules() }
	}
	if opts.Registerer == nil {
		return p, nil
	}
	return p, errors.Join(p.metrics.register(opts.Registerer), p.usage.register(opts.Registerer))
}

// A prepared prompt is a body to send, and what was done to it.
type prepared struct {
	body []byte
	note string      // for promptHeader; "" if it was left alone
	mode prefix.Mode // of its text moves
}

// prepare orders and marks the body of one call. asked is what the caller's
// header wants, "" for nothing.
func (p *prompts) prepare(view *llm.Request, tenant, namespace string, asked prefix.Mode) prepared {
	if !conversational(view.Endpoint) {
		return prepared{body: view.UpstreamBody(), mode: prefix.Off}
	}
	start := time.Now()
	rules := p.rules(tenant, namespace).asked(asked)
	r := rewrite{rules: rules, owner: promptOwner(view, tenant, namespace), seen: p.seen, repeats: p.repeats, now: start}
	r.run(view)
	out := prepared{body: r.body, note: describeMoves(&r.ordered), mode: rules.Text}
	if r.marked != nil {
		out.note = withMarks(out.note, r.marked)
	}
	p.metrics.ordered(&r.ordered)
	p.metrics.seconds.Observe(time.Since(start).Seconds())
	return out
}

// asked are the rules with what a caller's header wants, "" for nothing.
func (r PromptRules) asked(mode prefix.Mode) PromptRules {
	switch mode {
	case "":
		return r
	case prefix.Off:
		return PromptRules{Lossless: prefix.Off, Text: prefix.Off}
	}
	r.Text = mode
	return r
}

// promptOwner names the prompts that are expected to have something in common.
func promptOwner(view *llm.Request, tenant, namespace string) string {
	return strings.Join([]string{tenant, namespace, string(view.Endpoint), view.Model}, "\x00")
}

// A rewrite is all that is done to one prompt, for the provider or for an
// explanation.
type rewrite struct {
	rules   PromptRules
	owner   string
	seen    *prefix.History
	repeats *prefix.Repeats
	now     time.Time

	body    []byte
	ordered prefix.Result
	marked  *prefix.Marked // nil: marks are not for it
}

func (r *rewrite) run(view *llm.Request) {
	r.ordered = prefix.Order(view.UpstreamBody(), prefix.Options{Lossless: r.rules.Lossless, Text: r.rules.Text, Learned: r.seen.At(r.owner)})
	r.body = r.ordered.Body
	switch {
	case view.Endpoint == llm.Messages && r.rules.Marks:
		marked := prefix.Mark(r.body, prefix.MarkOptions{Repeats: r.repeats, Key: r.owner, Now: r.now})
		r.body, r.marked = marked.Body, &marked
	case view.Endpoint != llm.Messages && r.rules.CacheKey:
		r.body = prefix.CacheKey(r.body, r.owner)
	}
}

// conversational reports whether an endpoint's prompts have messages to order.
func conversational(ep llm.Endpoint) bool {
	return ep != llm.Embeddings && ep != llm.Completions
}

// describeMoves is a result in the form of a header: how many moves of each
// kind were made, and how many were only seen.
func describeMoves(r *prefix.Result) string {
	made, held := make(map[prefix.Kind]int), 0
	for i := range r.Moves {
		if r.Moves[i].Held == "" {
			made[r.Moves[i].Kind]++
		} else {
			held++
		}
	}
	var list []string
	for _, kind := range prefix.Kinds {
		if made[kind] > 0 {
			list = append(list, string(kind)+"="+strconv.Itoa(made[kind]))
		}
	}
	if held > 0 {
		list = append(list, "held="+strconv.Itoa(held))
	}
	if r.Discarded != "" {
		list = append(list, "discarded="+r.Discarded)
	}
	return strings.Join(list, ";")
}

// withMarks adds to a note how many marks were set, or why none was.
func withMarks(note string, m *prefix.Marked) string {
	set := 0
	for i := range m.Breakpoints {
		if m.Breakpoints[i].Set {
			set++
		}
	}
	told := "marks=" + strconv.Itoa(set)
	if m.Held != "" {
		told = "marks=0(" + m.Held + ")"
	}
	if note == "" {
		return told
	}
	return note + ";" + told
}

// tell puts the note on the provider's answer.
func (p *prepared) tell(h http.Header) {
	delete(h, promptHeader) // ours alone to set
	if p.note != "" {
		h[promptHeader] = []string{p.note}
	}
}

func (s *steering) readPromptOrder(value string) error {
	switch mode := prefix.Mode(strings.ToLower(value)); mode {
	case prefix.On, prefix.Observe, prefix.Off:
		s.promptOrder = mode
		return nil
	}
	return errors.New("the order of a prompt is on, observe or off")
}

type promptMetrics struct {
	moves     *prometheus.CounterVec
	discarded prometheus.Counter
	seconds   prometheus.Histogram
}

func newPromptMetrics() *promptMetrics {
	return &promptMetrics{
		moves: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askonce_prompt_moves_total", Help: "Moves in prompts for the provider's prefix cache, by kind, and whether they were made.",
		}, []string{"kind", "state"}),
		discarded: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "askonce_prompt_discarded_total", Help: "Prompts that were sent as they came, since their rewrite failed a check.",
		}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "askonce_prompt_seconds", Help: "Time to order and mark a prompt.", Buckets: timeBuckets,
		}),
	}
}

func (m *promptMetrics) register(r prometheus.Registerer) error {
	return errors.Join(r.Register(m.moves), r.Register(m.discarded), r.Register(m.seconds))
}

func (m *promptMetrics) ordered(r *prefix.Result) {
	for i := range r.Moves {
		state := "made"
		if r.Moves[i].Held != "" {
			state = "held"
		}
		m.moves.WithLabelValues(string(r.Moves[i].Kind), state).Inc()
	}
	if r.Discarded != "" {
		m.discarded.Inc()
	}
}
