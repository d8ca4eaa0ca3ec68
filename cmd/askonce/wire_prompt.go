// How prompts are prepared and how large they may be, by namespace.

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

// promptBudgets looks the budget of a namespace up; nil if none has one.
func promptBudgets(cfg *Config) func(tenant, namespace string) api.BudgetRules {
	byName := make(map[string]api.BudgetRules)
	for name, ns := range cfg.Namespaces {
		if b := ns.Budget; b != (BudgetConfig{}) {
			byName[name] = api.BudgetRules{
				PromptTokens: int64(b.PromptTokens), Chunks: b.Chunks, LoadAbove: b.UnderLoad.Above, LoadChunks: b.UnderLoad.Chunks,
			}
		}
	}
	if len(byName) == 0 {
		return nil
	}
	return func(_, namespace string) api.BudgetRules { return byName[namespace] }
}
