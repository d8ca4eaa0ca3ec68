// Prices of models, as configured.

package main

import (
	"maps"
	"slices"

	"github.com/askonce/askonce/policy/price"
)

// PriceConfig is what a model's tokens cost, in US dollars for a million.
type PriceConfig struct {
	Input     float64 `yaml:"input"`
	Cached    float64 `yaml:"cached"`     // read from the provider's prefix cache
	Write     float64 `yaml:"write"`      // written to it
	WriteHour float64 `yaml:"write_hour"` // written to it for an hour
	Output    float64 `yaml:"output"`
	UpTo      int     `yaml:"up_to"` // tokens of the longest prompt that they hold for; 0: of any
}

func (p PriceConfig) price() price.Price {
	return price.Price{
		Rates: price.Rates{Input: p.Input, Cached: p.Cached, Write: p.Write, WriteHour: p.WriteHour, Output: p.Output},
		UpTo:  int64(p.UpTo),
	}
}

// prices are the published ones, with those configured in their place.
func (cfg *Config) prices() (*price.Table, error) {
	own := make(map[string]price.Price, len(cfg.Prices))
	for model, p := range cfg.Prices {
		own[model] = p.price()
	}
	return price.Published(own)
}

func (c *checker) checkPrices() {
	for _, model := range slices.Sorted(maps.Keys(c.Prices)) {
		c.check("prices."+model, c.Prices[model].price().Check())
	}
}
