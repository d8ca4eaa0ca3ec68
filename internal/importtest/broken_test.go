// The rules themselves: each must catch what it is there for.

package importtest

import "testing"

func TestRulesCatch(t *testing.T) {
	for _, c := range []struct{ from, to, rule string }{
		{"internal/llm", "policy", "internal/llm imports nothing of ours"},
		{"policy/tune", "cache", "policy imports only internal/llm"},
		{"embed/minilm", "policy", "embed imports only internal/llm"},
		{"upstream/simulator", "api", "upstream imports only internal/llm and internal/spelling"},
		{"cache", "cache/embedded", "cache imports only internal/llm and policy"},
		{"cache", "upstream", "cache imports only internal/llm and policy"},
		{"cache/rediscache", "cache/embedded", "a backend imports cache and below, and no other backend"},
		{"cache/embedded/internal/flat", "embed", "a backend imports cache and below, and no other backend"},
		{"migrations", "cache/embedded", "migrations imports nothing of ours"},
		{"api", "upstream", "api sees only cache, policy, internal/llm and internal/spelling"},
		{"api", "cache/embedded", "api sees only cache, policy, internal/llm and internal/spelling"},
		{"cmd/askonce", "cache/cachetest", "no product code imports a package made for tests"},
	} {
		if !refused(c.rule, edge{from: c.from, to: c.to, ours: true}) {
			t.Errorf("%q lets %s import %s", c.rule, c.from, c.to)
		}
	}
}

func TestRulesAllow(t *testing.T) {
	for _, c := range []struct{ from, to string }{
		{"policy/tune", "policy"},
		{"upstream", "internal/llm"},
		{"cache", "policy"},
		{"cache/embedded", "cache/embedded/internal/flat"},
		{"cache/embedded", "cache"},
		{"cache/embedded", "migrations"},
		{"api", "cache"},
		{"cmd/askonce", "cache/embedded"},
	} {
		for _, r := range rules {
			if refused(r.name, edge{from: c.from, to: c.to, ours: true}) {
				t.Errorf("%q does not let %s import %s", r.name, c.from, c.to)
			}
		}
	}
}

// refused reports whether the rule called name refuses the import.
func refused(name string, e edge) bool {
	for _, r := range rules {
		if r.name == name {
			return r.applies(e.from) && !r.allows(e)
		}
	}
	return false
}
