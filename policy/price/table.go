// The table of prices, by model.

package price

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/goccy/go-yaml"
)

//go:embed prices.yaml
var published []byte

// Configured is the Source of prices that are the operator's own.
const Configured = "configuration"

// Table is the prices of models. A nil Table has none.
type Table struct {
	models map[string]*Price
}

// list is the prices of one page, as the file has them.
type list struct {
	Source string           `yaml:"source"`
	Date   string           `yaml:"date"`
	Models map[string]Price `yaml:"models"`
}

var builtin = sync.OnceValues(func() (map[string]*Price, error) { return parse(published) })

// Published returns the table of published prices, with own in their place
// where it has the model. The error names every model of own whose price is
// wrong.
func Published(own map[string]Price) (*Table, error) {
	known, err := builtin()
	if err != nil {
		return nil, err
	}
	t := &Table{models: maps.Clone(known)}
	var problems []error
	for _, model := range slices.Sorted(maps.Keys(own)) {
		p, err := own[model].checked()
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", model, err))
			continue
		}
		p.Source = Configured
		t.models[model] = p
	}
	return t, errors.Join(problems...)
}

// PublishedFor is the published price of a model that has one; another is an error.
func PublishedFor(model string) (*Price, error) {
	table, err := Published(nil)
	if err != nil {
		return nil, err
	}
	p := table.Find(model)
	if p == nil {
		return nil, fmt.Errorf("%s has no published price", model)
	}
	return p, nil
}

func parse(doc []byte) (map[string]*Price, error) {
	var lists []list
	if err := yaml.NewDecoder(bytes.NewReader(doc), yaml.Strict()).Decode(&lists); err != nil {
		return nil, fmt.Errorf("price: %w", err)
	}
	models := make(map[string]*Price)
	for _, l := range lists {
		if _, err := time.Parse(time.DateOnly, l.Date); err != nil || l.Source == "" {
			return nil, fmt.Errorf("price: a list of %q has no source or no date", l.Source)
		}
		for model, p := range l.Models {
			checked, err := p.checked()
			if err != nil {
				return nil, fmt.Errorf("price: %s: %w", model, err)
			}
			if models[model] != nil {
				return nil, fmt.Errorf("price: %s is there twice", model)
			}
			checked.Source, checked.Date = l.Source, l.Date
			models[model] = checked
		}
	}
	return models, nil
}

// Check is what is wrong with p.
func (p Price) Check() error {
	_, err := p.checked()
	return err
}

// checked is p with what it leaves out, or what is wrong with it.
func (p Price) checked() (*Price, error) {
	p.Rates = p.Rates.filled()
	all := []Rates{p.Rates}
	if p.Beyond != nil {
		beyond := p.Beyond.filled()
		p.Beyond = &beyond
		all = append(all, beyond)
	}
	for _, r := range all {
		if low := min(r.Input, r.Cached, r.Write, r.WriteHour, r.Output); !(low >= 0 && r.Input+r.Output < mostDollars) {
			return nil, fmt.Errorf("prices are US dollars for a million tokens, from 0 to %d", mostDollars)
		}
	}
	if p.UpTo < 0 || p.Beyond != nil && p.UpTo == 0 {
		return nil, errors.New("up_to is the longest prompt, in tokens, that the prices hold for; beyond needs it")
	}
	return &p, nil
}

const mostDollars = 100_000

// dated is the end of the name of one dated version of a model.
var dated = regexp.MustCompile(`-(\d{8}|\d{4}-\d{2}-\d{2}|latest)$`)

// Find returns a model's price, or nil. A dated version that the table does not
// have costs what its model does.
func (t *Table) Find(model string) *Price {
	if t == nil {
		return nil
	}
	if p := t.models[model]; p != nil {
		return p
	}
	return t.models[dated.ReplaceAllString(model, "")]
}
