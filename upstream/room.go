// How large a prompt is and how full its model's limits are: for whoever would
// send less when there is little room.

package upstream

import (
	"context"
	"time"

	"github.com/askonce/askonce/internal/llm"
)

// PromptTokens is how many tokens call's prompt is estimated to have: counted
// by tiktoken where it knows the model, and corrected by what the provider
// reported of earlier calls.
func (c *Client) PromptTokens(call *llm.Call) int64 {
	model := call.Model
	if m := c.router.of(model); m != nil {
		model = orName(m.choices[0].Model, model)
	}
	return c.estimator.Demand(call, model).Input
}

// TextTokens is about how many tokens a text has for a model.
func (c *Client) TextTokens(model, text string) int { return c.estimator.Count(model, text) }

// usedLife is how long a model's utilisation is believed.
const usedLife = time.Second

// usedTimeout bounds what a request waits for the ledger.
const usedTimeout = 100 * time.Millisecond

// Utilisation is how much of its limits a model uses, 1 being all of them: the
// fullest limit of the deployment that has the most room. It is 0 where nothing
// is limited or known, and up to a second old.
func (c *Client) Utilisation(ctx context.Context, model string) float64 {
	m, from := c.router.of(model), c.standings()
	if m == nil || from == nil {
		return 0
	}
	share, _ := m.used.get(time.Now(), usedLife, func() float64 {
		ctx, cancel := context.WithTimeout(ctx, usedTimeout)
		defer cancel()
		return m.utilisation(ctx, from)
	})
	return share
}

func (m *models) utilisation(ctx context.Context, from standings) float64 {
	least := -1.0
	for _, c := range m.choices {
		if share := c.utilisation(ctx, from); least < 0 || share < least {
			least = share
		}
	}
	return max(0, least)
}

// utilisation is the share in use of the deployment's fullest limit.
func (d *deployment) utilisation(ctx context.Context, from standings) float64 {
	if len(d.Limits) == 0 {
		return 0
	}
	axes, err := from.Standings(ctx, d.subject)
	if err != nil {
		return 0
	}
	fullest := 0.0
	for _, axis := range axes {
		fullest = max(fullest, axis.Share())
	}
	return fullest
}
