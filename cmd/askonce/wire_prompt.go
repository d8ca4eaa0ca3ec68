// How prompts are prepared, by namespace.

package main

import (
	"github.com/askonce/askonce/api"
	"github.com/askonce/askonce/policy/prefix"
)

// promptRules looks the rules for a namespace's prompts up.
func promptRules(cfg *Config) func(tenant, namespace string) api.PromptRules {
	usual := api.PromptRules{
		Lossless: prefix.Mode(cfg.Prompt.Lossless), Text: prefix.Mode(cfg.Prompt.Order),
		CacheKey: cfg.Prompt.CacheKey, Marks: cfg.Prompt.Marks,
	}
	return func(_, namespace string) api.PromptRules {
		rules := usual
		if ns, ok := cfg.Namespaces[namespace]; ok && ns.PromptOrder != nil {
			rules.Text = prefix.Mode(*ns.PromptOrder)
		}
		return rules
	}
}
