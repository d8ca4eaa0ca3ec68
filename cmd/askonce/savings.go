// `askonce savings`: what a running service has saved and spent.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"
)

// SavingsCmd shows savings.
type SavingsCmd struct {
	URL    string `help:"Where the service is. Default: where the configuration says that it listens." name:"url" aliases:"server" placeholder:"URL"`
	Config string `help:"Configuration file (or ASKONCE_CONFIG)." placeholder:"FILE" short:"c"`
	Key    string `help:"An askonce key; of the role admin to see all tenants." env:"ASKONCE_KEY" placeholder:"KEY"`
	By     string `help:"What rows tell apart: tenant, model, day, or several with commas between them." default:"model" placeholder:"WHAT"`
	From   string `help:"The first day (UTC). Default: 29 days before the last." placeholder:"YYYY-MM-DD"`
	To     string `help:"The last day (UTC). Default: today." placeholder:"YYYY-MM-DD"`
	JSON   bool   `name:"json" help:"As the service says it: GET /v1/savings."`
}

// Help is shown below the flags.
func (SavingsCmd) Help() string {
	return `Hits save the calls that they stand in for: tokens, dollars and waiting. The provider's prefix cache saves a part
of what calls cost. Dollars are counted at published prices, or those of prices: in the configuration; a model
without a price is counted in tokens and named.

Examples:
  askonce savings
  askonce savings --by day --from 2026-11-01
  askonce savings --url https://askonce.example.com --key ask_... --by tenant,model --json`
}

// Run shows them.
func (c SavingsCmd) Run(p *process) error {
	base, err := serviceURL(c.URL, c.Config, p.Environ)
	if err != nil {
		return err
	}
	query := url.Values{"group_by": {c.By}}
	for name, value := range map[string]string{"from": c.From, "to": c.To} {
		if value != "" {
			query.Set(name, value)
		}
	}
	raw, err := askService(context.Background(), base+"/v1/savings?"+query.Encode(), c.Key)
	if err != nil {
		return err
	}
	if c.JSON {
		_, err := p.Stdout.Write(append(raw, '\n'))
		return err
	}
	var shown savingsShown
	if err := json.Unmarshal(raw, &shown); err != nil {
		return errors.New("the service's answer is not that of GET /v1/savings; is it askonce?")
	}
	shown.print(p.Stdout)
	return nil
}

// savingsShown is the service's answer.
type savingsShown struct {
	From    string     `json:"from"`
	To      string     `json:"to"`
	GroupBy []string   `json:"group_by"`
	Rows    []savedRow `json:"rows"`
	Total   savedRow   `json:"total"`

	Unpriced []struct {
		Model  string `json:"model"`
		Tokens int64  `json:"tokens"`
	} `json:"unpriced"`
	Prices []struct {
		Source string `json:"source"`
		Date   string `json:"date"`
	} `json:"prices"`
}

type savedRow struct {
	Day          string `json:"day"`
	Tenant       string `json:"tenant"`
	Model        string `json:"model"`
	Requests     int64  `json:"requests"`
	ExactHits    int64  `json:"exact_hits"`
	SemanticHits int64  `json:"semantic_hits"`

	Hits struct {
		PromptTokens     int64   `json:"prompt_tokens"`
		CompletionTokens int64   `json:"completion_tokens"`
		USD              float64 `json:"usd"`
		Seconds          float64 `json:"seconds"`
	} `json:"hits"`
	Prefix struct {
		CachedTokens int64   `json:"cached_tokens"`
		USD          float64 `json:"usd"`
	} `json:"prefix"`
	Calls struct {
		PromptTokens int64   `json:"prompt_tokens"`
		USD          float64 `json:"usd"`
	} `json:"calls"`
	Unpriced int64 `json:"unpriced_tokens"`
}

// print writes the table, and what it rests on.
func (s *savingsShown) print(w io.Writer) {
	if len(s.Rows) == 0 {
		fmt.Fprintf(w, "Nothing was asked from %s to %s (UTC).\n", s.From, s.To)
		return
	}
	fmt.Fprintf(w, "%s to %s (UTC)\n\n", s.From, s.To)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "%s\trequests\texact\tsemantic\ttokens not asked\tsaved by hits\ttime saved\tprefix cached\tsaved by prefix\tspent\t\n", strings.Join(s.GroupBy, ", "))
	for i := range s.Rows {
		s.Rows[i].print(table, s.Rows[i].name(s.GroupBy))
	}
	s.Total.print(table, "total")
	table.Flush()
	fmt.Fprintf(w, "\nSaved %s and %s of waiting; spent %s.\n", usd(s.Total.Hits.USD+s.Total.Prefix.USD), waited(s.Total.Hits.Seconds), usd(s.Total.Calls.USD))
	s.printPrices(w)
}

// name is what a row is about.
func (r *savedRow) name(by []string) string {
	parts := make([]string, len(by))
	for i, what := range by {
		parts[i] = map[string]string{"day": r.Day, "tenant": r.Tenant, "model": orText(r.Model, "(no model)")}[what]
	}
	return strings.Join(parts, ", ")
}

func (r *savedRow) print(w io.Writer, name string) {
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", name, grouped(r.Requests),
		withShare(r.ExactHits, r.Requests), withShare(r.SemanticHits, r.Requests),
		grouped(r.Hits.PromptTokens+r.Hits.CompletionTokens), r.usd(r.Hits.USD), waited(r.Hits.Seconds),
		share(r.Prefix.CachedTokens, r.Calls.PromptTokens), r.usd(r.Prefix.USD), r.usd(r.Calls.USD))
}

// usd is an amount of the row's, "-" where none is known.
func (r *savedRow) usd(n float64) string {
	if n == 0 && r.Unpriced > 0 {
		return "-"
	}
	return usd(n)
}

func (s *savingsShown) printPrices(w io.Writer) {
	if len(s.Unpriced) > 0 {
		fmt.Fprint(w, "\nNot in the dollars, for want of a price (set prices: in the configuration):\n")
		for _, u := range s.Unpriced {
			fmt.Fprintf(w, "  %s, %s tokens\n", orText(u.Model, "(no model)"), grouped(u.Tokens))
		}
	}
	fmt.Fprintln(w)
	told := make(map[string]bool)
	for _, p := range s.Prices {
		line := p.Source
		if p.Date != "" {
			line += ", as of " + p.Date
		}
		if !told[line] {
			fmt.Fprintf(w, "Prices: %s\n", line)
		}
		told[line] = true
	}
}

func withShare(n, of int64) string {
	if n == 0 {
		return "0"
	}
	return grouped(n) + " (" + share(n, of) + ")"
}

func share(n, of int64) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(of))
}

// usd writes dollars: cents, or more digits where those would be zero.
func usd(n float64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	if n > 0 && n < 0.1 {
		return fmt.Sprintf("%s$%.4f", sign, n)
	}
	cents := int64(n*100 + 0.5)
	return fmt.Sprintf("%s$%s.%02d", sign, grouped(cents/100), cents%100)
}

func waited(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Minute {
		return formatDuration(d.Round(100 * time.Millisecond))
	}
	return formatDuration(d.Round(time.Second))
}
