// The router: which deployments a call may go to, in which order.

package upstream

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/route"
)

// Strategy is how calls are shared among the deployments of a model.
type Strategy string

// The strategies. In each of them, calls that one deployment cannot take at
// once go to the next that can.
const (
	// Weighted shares calls by the deployments' weights.
	Weighted Strategy = "weighted"

	// Headroom shares them by weight and by how many more the limits allow.
	Headroom Strategy = "headroom"

	// Failover calls the first deployment as long as it can, then the next.
	Failover Strategy = "failover"
)

// Model is a name that callers use, and the deployments that answer to it.
type Model struct {
	// Deployments by name. The first says which model it is.
	Deployments []string

	// Strategy is how they share the calls. "" is Weighted.
	Strategy Strategy

	// SameModel says that all of them serve the same model, whatever they call
	// it. Otherwise one that calls it something else than the first is a
	// substitute: asked when no other can be, and its answer is marked.
	SameModel bool
}

// choice is a deployment for one model.
type choice struct {
	*deployment
	substitute bool
}

// models routes the calls of one model.
type models struct {
	strategy Strategy
	choices  []choice
	balancer *route.Balancer
	left     lately[[]float64] // calls, of each choice
	used     lately[float64]   // share of the limits

	// Where some of the choices are Anthropic's and others are not: those that
	// calls in Anthropic's dialect go to, and the rest.
	anthropic, others *models
}

func newModels(strategy Strategy, choices []choice) *models {
	if strategy == "" {
		strategy = Weighted
	}
	m := &models{strategy: strategy, choices: choices, balancer: route.NewBalancer(len(choices))}
	var anthropic, others []choice
	for _, c := range choices {
		if c.Provider == Anthropic {
			anthropic = append(anthropic, c)
		} else {
			others = append(others, c)
		}
	}
	if len(anthropic) > 0 && len(others) > 0 {
		m.anthropic, m.others = newModels(strategy, anthropic), newModels(strategy, others)
	}
	return m
}

// speaking is the choices that understand a call. Where all are of one kind
// they may: some servers speak both dialects.
func (m *models) speaking(call *llm.Call) *models {
	switch {
	case m.anthropic == nil:
		return m
	case call.Path == "/messages" || strings.HasPrefix(call.Path, "/messages/"):
		return m.anthropic
	}
	return m.others
}

// router knows the models.
type router struct {
	named  map[string]*models
	others *models // of models that have no name here; nil: there are none
	first  *models // of calls without a model: the first deployment alone
	all    []*deployment
}

func newRouter(opts *Options, all []*deployment) *router {
	r := &router{named: make(map[string]*models), all: all, first: newModels(Weighted, []choice{{deployment: all[0]}})}
	byName := make(map[string]*deployment, len(all))
	byModel := make(map[string][]choice)
	var open []choice
	for _, d := range all {
		byName[d.Name] = d
		if d.Model == "" {
			open = append(open, choice{deployment: d})
		} else {
			byModel[d.Model] = append(byModel[d.Model], choice{deployment: d})
		}
	}
	for model, choices := range byModel {
		r.named[model] = newModels(Weighted, choices)
	}
	for name, m := range opts.Models {
		choices := make([]choice, len(m.Deployments))
		for i, d := range m.Deployments {
			choices[i].deployment = byName[d]
			first := choices[0].deployment
			choices[i].substitute = !m.SameModel && orName(choices[i].Model, name) != orName(first.Model, name)
		}
		r.named[name] = newModels(m.Strategy, choices)
	}
	if len(open) > 0 {
		r.others = newModels(Weighted, open)
	}
	return r
}

func orName(model, name string) string {
	if model == "" {
		return name
	}
	return model
}

// route is the models that call may go to, and the call with its model's name.
// The error is a *llm.CallError.
func (r *router) route(call *llm.Call) (*models, *llm.Call, error) {
	if len(r.all) == 1 && r.others != nil {
		return r.others, call, nil // there is but one
	}
	if call.Model == "" {
		named := *call
		named.Model = gjson.GetBytes(call.Body, "model").Str
		call = &named
	}
	if m := r.of(call.Model); m != nil {
		return m.speaking(call), call, nil
	}
	return nil, call, &llm.CallError{
		Status: http.StatusNotFound, Code: "model_not_found",
		Message: "This service has no deployment of the model that the request names.",
		Err:     errors.New("upstream: no deployment of the model"),
	}
}

// of is the models that calls of a model may go to; nil if there are none.
func (r *router) of(model string) *models {
	if m := r.named[model]; m != nil {
		return m
	}
	if model == "" {
		return r.first
	}
	return r.others
}

// errKeyNotTaken is for a caller's own key that no deployment takes.
var errKeyNotTaken = &llm.CallError{
	Status: http.StatusForbidden, Code: "own_key_not_taken",
	Message: "The request brings a provider key of its own, and no deployment of its model takes callers' keys. Send it without.",
	Err:     errors.New("upstream: no deployment takes callers' keys"),
}

// group is how gladly a choice is made.
type group int

const (
	ready       group = iota // of the model itself, and nothing speaks against it
	substitutes              // of another model, and nothing else does
	doubtful                 // refused of late
	down                     // failed of late; asked only where there is no other
	groups
)

// order is the choices for call by groups, in each of them the best first.
// Those that the caller's key may not go to are left out.
func (m *models) order(ctx context.Context, call *llm.Call, from standings) ([groups][]choice, error) {
	var order [groups][]choice
	own := callersKey(call) != ""
	if len(m.choices) == 1 {
		if own && !m.choices[0].CallersKeys {
			return order, errKeyNotTaken
		}
		order[ready] = m.choices
		return order, nil
	}
	now := time.Now()
	found := false
	for _, i := range m.balancer.Order(m.weights(ctx, call, now, from)) {
		c := m.choices[i]
		if own && !c.CallersKeys {
			continue
		}
		found = true
		order[c.group(now)] = append(order[c.group(now)], c)
	}
	if !found {
		return order, errKeyNotTaken
	}
	return order, nil
}

func (c choice) group(now time.Time) group {
	switch {
	case c.open():
		return down
	case c.avoided.Load() > now.UnixMicro():
		return doubtful
	case c.substitute:
		return substitutes
	}
	return ready
}

// weights are the choices' shares of the calls now. Substitutes and what is
// better left alone have none; nor have passive ones, but for their trickle,
// while an active one is well.
func (m *models) weights(ctx context.Context, call *llm.Call, now time.Time, from standings) []float64 {
	weights := make([]float64, len(m.choices))
	left := m.headroom(ctx, call, now, from)
	active := false
	for i, c := range m.choices {
		switch {
		case c.group(now) != ready:
		case c.Passive && c.due(now):
			clear(weights) // this call is the trickle
			weights[i] = c.Weight
			return weights
		case c.Passive, m.strategy == Failover && active:
		default:
			weights[i], active = c.Weight*left[i], true
		}
	}
	return weights
}

// A passive deployment is kept warm by a trickle: one call when none went there
// for warmEvery, and at most one in warmShare of those that went elsewhere.
const (
	warmEvery = 30 * time.Second
	warmShare = 20
)

// due reports whether a passive deployment needs a call to stay warm.
func (c choice) due(now time.Time) bool {
	return c.since.Add(1) >= warmShare && now.UnixMicro()-c.called.Load() >= warmEvery.Microseconds()
}

// warmed notes that the deployment is called.
func (d *deployment) warmed(now time.Time) {
	d.since.Store(0)
	d.called.Store(now.UnixMicro())
}

// standings tells how subjects stand, if the ledger can.
type standings interface {
	Standings(ctx context.Context, subject string) ([]limit.Standing, error)
}

const headroomLife = 100 * time.Millisecond

// headroom is how many calls like this one each choice's limits have room for; 1
// each where nobody needs to know.
func (m *models) headroom(ctx context.Context, call *llm.Call, now time.Time, from standings) []float64 {
	if m.strategy == Headroom && from != nil {
		left, known := m.left.get(now, headroomLife, func() []float64 {
			left := make([]float64, len(m.choices))
			for i, c := range m.choices {
				left[i] = c.left(ctx, call, from)
			}
			return left
		})
		if known {
			return left
		}
	}
	left := make([]float64, len(m.choices))
	for i := range left {
		left[i] = 1
	}
	return left
}

const (
	// mostLeft is what a deployment without limits has room for.
	mostLeft = 1e6

	// leastLeft keeps a deployment in the order whose limits are used up: what
	// was known of them is a moment old.
	leastLeft = 0.01

	// roughOutput and roughBytes make a rough size of a call: what is weighed
	// here is only where it goes first.
	roughOutput = 500 // tokens
	roughBytes  = 4   // to a token
)

// left is how many calls like this one the deployment's limits have room for.
func (d *deployment) left(ctx context.Context, call *llm.Call, from standings) float64 {
	if len(d.Limits) == 0 {
		return mostLeft
	}
	list, err := from.Standings(ctx, d.subjectFor(call))
	if err != nil {
		return 1 // not known; taking tells
	}
	size := amounts(int64(len(call.Body)/roughBytes), roughOutput)
	size[limit.Calls] = 1
	least := mostLeft
	for _, s := range list {
		least = math.Min(least, float64(s.Available)/float64(max(size[s.Unit], 1)))
	}
	return max(least, leastLeft)
}
