// Tiers: what tenants may use, as configured, and the limits they come to.

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/askonce/askonce/api"
	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream/limit"
)

// TierConfig is what the tenants of a tier may use. A limit of 0 is none.
type TierConfig struct {
	RPM int `yaml:"rpm"` // requests per minute
	TPM int `yaml:"tpm"` // tokens per minute, of prompts and answers together
	RPD int `yaml:"rpd"` // requests per day, UTC
	TPD int `yaml:"tpd"` // tokens per day, UTC

	Lane      string `yaml:"lane"`       // P0, P1, P2
	CountHits bool   `yaml:"count_hits"` // answers from the cache count as requests
}

// usualTiers are there without being configured.
func usualTiers() map[string]TierConfig {
	return map[string]TierConfig{
		"free":       {RPM: 5, TPM: 5_000, Lane: "P2"},
		"pro":        {RPM: 50, TPM: 50_000, Lane: "P1"},
		"enterprise": {Lane: "P0"},
	}
}

// tiers are those configured, and the usual ones that are not.
func (cfg *Config) tiers() map[string]TierConfig {
	all := usualTiers()
	maps.Copy(all, cfg.Tiers)
	return all
}

// tier is the one called name, as the API has it; "" is none.
func (cfg *Config) tier(name string) api.Tier {
	t, ok := cfg.tiers()[name]
	if !ok {
		return api.Tier{}
	}
	return api.Tier{Name: name, Lane: llm.Lane(t.lane()), Limited: len(t.axes()) > 0, CountHits: t.CountHits}
}

// tierOf is the name of a key's tier.
func (cfg *Config) tierOf(key KeyConfig) string {
	if key.Tier != "" {
		return key.Tier
	}
	return cfg.DefaultTier
}

func (t TierConfig) lane() string {
	if t.Lane == "" {
		return "P1"
	}
	return t.Lane
}

// axes are the tier's limits. Minutes slide, so that no minute sees more.
func (t TierConfig) axes() []limit.Axis {
	var list []limit.Axis
	add := func(name string, unit limit.Unit, counting limit.Counting, n int) {
		if n > 0 {
			list = append(list, limit.Axis{Name: name, Unit: unit, Rule: limit.Rule{Counting: counting, Limit: int64(n)}})
		}
	}
	add("requests", limit.Requests, limit.SlidingWindow, t.RPM)
	add("tokens", limit.TotalTokens, limit.SlidingWindow, t.TPM)
	add("day_requests", limit.Requests, limit.UTCDay, t.RPD)
	add("day_tokens", limit.TotalTokens, limit.UTCDay, t.TPD)
	return list
}

// tenantRules finds the limits of tenants: those with a key by name, all others
// by the default tier.
func tenantRules(cfg *Config) func(tenant string) []limit.Axis {
	all := cfg.tiers()
	usual, byTenant := all[cfg.DefaultTier].axes(), make(map[string][]limit.Axis)
	for _, key := range cfg.Keys {
		byTenant[key.Tenant] = all[cfg.tierOf(key)].axes()
	}
	return func(tenant string) []limit.Axis {
		if axes, ok := byTenant[tenant]; ok {
			return axes
		}
		return usual
	}
}

func (c *checker) checkTiers() {
	for _, name := range slices.Sorted(maps.Keys(c.Tiers)) {
		path, t := "tiers."+name, c.Tiers[name]
		c.check(path, checkName(name))
		c.oneOf(path+".lane", t.lane(), "P0", "P1", "P2")
		for key, n := range map[string]int{"rpm": t.RPM, "tpm": t.TPM, "rpd": t.RPD, "tpd": t.TPD} {
			if n < 0 {
				c.add(path+"."+key, "%d is below 0; write 0 or leave it out for no limit", n)
			}
		}
		if t.CountHits && t.RPM == 0 && t.RPD == 0 {
			c.add(path+".count_hits", "counts hits as requests, and requests are not limited; set rpm or rpd, or remove it")
		}
	}
	c.knownTier("default_tier", c.DefaultTier)
	first := make(map[string]int)
	for i, key := range c.Keys {
		path := fmt.Sprintf("keys[%d].tier", i)
		c.knownTier(path, key.Tier)
		other, twice := first[key.Tenant]
		if twice && c.tierOf(key) != c.tierOf(c.Keys[other]) {
			c.add(path, "%q is not the tier of keys[%d], which has the same tenant; limits hold for a tenant, so give both the same",
				c.tierOf(key), other)
		}
		if !twice {
			first[key.Tenant] = i
		}
	}
}

func (c *checker) knownTier(path, name string) {
	names := slices.Sorted(maps.Keys(c.tiers()))
	if name == "" || slices.Contains(names, name) {
		return
	}
	if near := nearest(name, names); near != "" {
		c.add(path, "%q is not a tier; did you mean %s?", name, near)
		return
	}
	c.add(path, "%q is not a tier; there are %s", name, strings.Join(names, ", "))
}
