package price

import (
	"math"
	"strings"
	"testing"

	"github.com/askonce/askonce/internal/llm"
)

func TestCost(t *testing.T) {
	table, err := Published(map[string]Price{
		"ours":    {Rates: Rates{Input: 1, Output: 2}},
		"gpt-4.1": {Rates: Rates{Input: 100}},
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, model   string
		used          llm.Usage
		total, prefix float64 // dollars
		unpriced      bool
	}{
		{"no cache", "gpt-4o", llm.Usage{Input: 1_000_000, Output: 100_000}, 2.5 + 1, 0, false},
		{"half of it read", "gpt-4o-2024-08-06", llm.Usage{Input: 1_000_000, Cached: 500_000}, 1.25 + 0.625, 0.625, false},
		{"a version with a price of its own", "gpt-4o-2024-05-13", llm.Usage{Input: 1_000_000, Cached: 500_000}, 5, 0, false},
		{"written and read", "claude-sonnet-4-5-20250929", llm.Usage{Input: 100_000, Cached: 80_000, Written: 10_000}, 0.03 + 0.024 + 0.0375, 0.216 - 0.0075, false},
		{"written for an hour and never read", "claude-sonnet-4-5", llm.Usage{Input: 100_000, Written: 100_000, WrittenHour: 60_000}, 0.15 + 0.36, -0.21, false},
		{"a longer prompt", "claude-haiku-5-5", llm.Usage{Input: 200_000, Output: 1000}, 0.1 + 0.0025, 0, false},
		{"longer than the prices hold for", "gpt-5.5", llm.Usage{Input: 300_000}, 0, 0, true},
		{"unknown", "gpt-99", llm.Usage{Input: 300_000}, 0, 0, true},
		{"configured", "ours", llm.Usage{Input: 1000, Cached: 1000, Output: 1000}, 0.003, 0, false},
		{"configured instead", "gpt-4.1", llm.Usage{Input: 1000}, 0.1, 0, false},
		{"more cached than sent", "gpt-4o", llm.Usage{Input: 1_000_000, Cached: 9_000_000, Written: 5}, 1.25, 1.25, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cost, ok := table.Find(test.model).Of(test.used)
			if ok == test.unpriced || math.Abs(cost.Total.USD()-test.total) > 1e-9 || math.Abs(cost.Prefix.USD()-test.prefix) > 1e-9 {
				t.Errorf("%v USD, %v off by the prefix, priced %v; want %v, %v", cost.Total.USD(), cost.Prefix.USD(), ok, test.total, test.prefix)
			}
		})
	}
}

func TestEveryPriceHasASource(t *testing.T) {
	table, err := Published(nil)
	if err != nil {
		t.Fatal(err)
	}
	for model, p := range table.models {
		if !strings.HasPrefix(p.Source, "https://") || p.Date == "" || p.Cached > p.Input || p.Write < p.Input || p.WriteHour < p.Write {
			t.Errorf("%s: %+v", model, p)
		}
	}
}

func TestWrongPricesAreNamed(t *testing.T) {
	_, err := Published(map[string]Price{
		"a": {Rates: Rates{Input: -1}}, "b": {Beyond: &Rates{}}, "c": {Rates: Rates{Output: math.NaN()}}, "d": {},
	})
	if err == nil || strings.Count(err.Error(), "\n") != 2 || strings.Contains(err.Error(), "d:") {
		t.Errorf("got %v", err)
	}
}
