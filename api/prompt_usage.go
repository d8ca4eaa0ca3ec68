// What providers report of their own prefix caches, by how the prompts were
// brought to them: the gain of ordering in the provider's own figures.

package api

import (
	"errors"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy/prefix"
)

// Bounds of the label "model": the first models that answered keep their names.
const (
	labelledModels  = 50
	labelledModel   = 100 // bytes of a name
	otherModelLabel = "other"
)

// promptUsage counts prompt tokens and those that the provider had cached.
type promptUsage struct {
	tokens *prometheus.CounterVec
	cached *prometheus.CounterVec
	models modelLabels
}

func newPromptUsage() *promptUsage {
	labels := []string{"endpoint", "model", "order"}
	return &promptUsage{
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askonce_prompt_tokens_total",
			Help: "Prompt tokens that providers reported, cached ones included, by whether text was moved for their prefix caches (on, observe, off).",
		}, labels),
		cached: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askonce_prompt_cached_tokens_total",
			Help: "Those of askonce_prompt_tokens_total that the provider read from its own prefix cache.",
		}, labels),
	}
}

func (u *promptUsage) register(r prometheus.Registerer) error {
	return errors.Join(r.Register(u.tokens), r.Register(u.cached))
}

// report counts one answer.
func (u *promptUsage) report(view *llm.Request, order prefix.Mode, used llm.Usage) {
	labels := []string{string(view.Endpoint), u.models.label(view.Model), string(order)}
	u.tokens.WithLabelValues(labels...).Add(float64(used.Input))
	u.cached.WithLabelValues(labels...).Add(float64(min(used.Cached, used.Input)))
}

// modelLabels gives models labels, a bounded number of them. Only models that
// a provider has answered for take one, so a caller cannot use them up with
// names that he makes up. The zero value is ready.
type modelLabels struct {
	mu    sync.Mutex
	known map[string]bool
}

func (m *modelLabels) label(model string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.known[model]:
		return model
	case model == "" || len(model) > labelledModel || len(m.known) >= labelledModels:
		return otherModelLabel
	case m.known == nil:
		m.known = make(map[string]bool)
	}
	m.known[model] = true
	return model
}
