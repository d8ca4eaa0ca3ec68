// GET /v1/savings: what was saved and spent, in tokens, dollars and time.

package api

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/askonce/askonce/cache"
)

// savingsDays is how many days are told where nobody says from when.
const savingsDays = 30

type savingsAnswer struct {
	From     string          `json:"from"`
	To       string          `json:"to"`
	GroupBy  []string        `json:"group_by"`
	Rows     []savingsRow    `json:"rows"`
	Total    savedDoc        `json:"total"`
	Unpriced []unpricedModel `json:"unpriced"`
	Prices   []pricedModel   `json:"prices"`
}

type savingsRow struct {
	Day    *string `json:"day,omitempty"`
	Tenant *string `json:"tenant,omitempty"`
	Model  *string `json:"model,omitempty"`
	savedDoc
}

type savedDoc struct {
	Requests     int64 `json:"requests"`
	ExactHits    int64 `json:"exact_hits"`
	SemanticHits int64 `json:"semantic_hits"`
	Joined       int64 `json:"joined"`

	Hits           hitSavings    `json:"hits"`
	Prefix         prefixSavings `json:"prefix"`
	Calls          callSpending  `json:"calls"`
	UnpricedTokens int64         `json:"unpriced_tokens"`
}

// hitSavings is what hits saved.
type hitSavings struct {
	PromptTokens     int64   `json:"prompt_tokens"`
	CompletionTokens int64   `json:"completion_tokens"`
	USD              float64 `json:"usd"`
	Seconds          float64 `json:"seconds"`
}

// prefixSavings is what the provider's prefix cache saved.
type prefixSavings struct {
	CachedTokens  int64   `json:"cached_tokens"`
	WrittenTokens int64   `json:"written_tokens"`
	USD           float64 `json:"usd"`
}

// callSpending is what was spent on calls.
type callSpending struct {
	Count            int64   `json:"count"`
	PromptTokens     int64   `json:"prompt_tokens"`
	CompletionTokens int64   `json:"completion_tokens"`
	USD              float64 `json:"usd"`
}

type unpricedModel struct {
	Model  string `json:"model"`
	Tokens int64  `json:"tokens"`
}

// pricedModel is the price of a model that holds now.
type pricedModel struct {
	Model  string `json:"model"`
	Source string `json:"source"`
	Date   string `json:"date,omitempty"`
}

// savings shows an admin all tenants, and everybody else his own.
func (s *Server) savings(w http.ResponseWriter, r *http.Request, x *exchange) error {
	query, grouped, err := savingsQuery(r, time.Now().UTC())
	if err != nil {
		return err
	}
	if !x.caller.role.includes(RoleAdmin) {
		query.Tenant = x.caller.tenant
	}
	found, err := s.opts.Cache.Savings(r.Context(), query)
	if err != nil {
		return err
	}
	w.Header()["Cache-Control"] = []string{"no-store"}
	return writeJSON(w, http.StatusOK, newSavingsAnswer(&query, grouped, found))
}

// savingsQuery reads from, to and group_by.
func savingsQuery(r *http.Request, now time.Time) (q cache.SavingsQuery, grouped []string, err error) {
	values := r.URL.Query()
	today := now.Truncate(24 * time.Hour)
	if q.To, err = dayOf(values.Get("to"), today); err != nil {
		return q, nil, badParameter("to", err)
	}
	if q.From, err = dayOf(values.Get("from"), q.To.AddDate(0, 0, 1-savingsDays)); err != nil {
		return q, nil, badParameter("from", err)
	}
	switch days := q.To.Sub(q.From)/(24*time.Hour) + 1; {
	case days < 1:
		return q, nil, badParameter("from", errors.New("is after to"))
	case days > cache.SavingsKept:
		return q, nil, badParameter("from", fmt.Errorf("at most %d days are told at once, and kept", cache.SavingsKept))
	}
	by := values.Get("group_by")
	if by == "" {
		by = "model"
	}
	for name := range strings.SplitSeq(by, ",") {
		switch name {
		case "tenant":
			q.ByTenant = true
		case "model":
			q.ByModel = true
		case "day":
			q.ByDay = true
		default:
			return q, nil, badParameter("group_by", errors.New("is tenant, model or day, or several with commas between them"))
		}
		grouped = append(grouped, name)
	}
	return q, grouped, nil
}

func dayOf(text string, usual time.Time) (time.Time, error) {
	if text == "" {
		return usual, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, errors.New("is a UTC day, such as 2026-11-24")
	}
	return day, nil
}

func newSavingsAnswer(q *cache.SavingsQuery, grouped []string, found *cache.Savings) *savingsAnswer {
	answer := &savingsAnswer{
		From: q.From.Format(time.DateOnly), To: q.To.Format(time.DateOnly), GroupBy: grouped,
		Rows: make([]savingsRow, len(found.Rows)), Total: newSavedDoc(&found.Total),
		Unpriced: []unpricedModel{}, Prices: []pricedModel{},
	}
	for i := range found.Rows {
		row := &found.Rows[i]
		answer.Rows[i] = savingsRow{
			Day: told(q.ByDay, &row.Day), Tenant: told(q.ByTenant, &row.Tenant), Model: told(q.ByModel, &row.Model),
			savedDoc: newSavedDoc(&row.Saved),
		}
	}
	for _, model := range slices.Sorted(maps.Keys(found.Unpriced)) {
		answer.Unpriced = append(answer.Unpriced, unpricedModel{model, found.Unpriced[model]})
	}
	for _, model := range slices.Sorted(maps.Keys(found.Prices)) {
		p := found.Prices[model]
		answer.Prices = append(answer.Prices, pricedModel{model, p.Source, p.Date})
	}
	return answer
}

// told is value where the rows are told apart by it.
func told(asked bool, value *string) *string {
	if !asked {
		return nil
	}
	return value
}

func newSavedDoc(s *cache.Saved) savedDoc {
	return savedDoc{
		Requests: s.Requests, ExactHits: s.ExactHits, SemanticHits: s.SemanticHits, Joined: s.Joined,
		Hits:           hitSavings{PromptTokens: s.HitInput, CompletionTokens: s.HitOutput, USD: s.HitUSD.USD(), Seconds: float64(s.HitTime) / 1000},
		Prefix:         prefixSavings{CachedTokens: s.Cached, WrittenTokens: s.Written, USD: s.PrefixUSD.USD()},
		Calls:          callSpending{Count: s.Calls, PromptTokens: s.Input, CompletionTokens: s.Output, USD: s.SpentUSD.USD()},
		UnpricedTokens: s.Unpriced,
	}
}
