package api_test

import (
	"strings"
	"testing"

	"github.com/askonce/askonce/api"
	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy/price"
)

// money is a world with two tenants, an operator, and prices.
func money(t *testing.T, p plan) *world {
	t.Helper()
	table, err := price.Published(nil)
	must(t, err)
	p.upstreamKey = "sk-service"
	p.cache = func(o *cache.Options) { o.Prices = table }
	p.options = func(o *api.Options) {
		o.Keys = []api.Key{key("ask_a", "acme", api.RoleWrite), key("ask_b", "rival", api.RoleWrite), key("ask_o", "ops", api.RoleAdmin)}
	}
	return newWorld(t, p)
}

// at follows names through a decoded document.
func at(doc any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		if list, ok := doc.([]any); ok {
			doc = list[int(name[0]-'0')]
			continue
		}
		doc = doc.(map[string]any)[name]
	}
	return doc
}

func TestSavingsAreToldToTheirTenants(t *testing.T) {
	w := money(t, plan{})
	w.provider.answers("application/json", strings.Replace(chatDocument, `"model":"m"`, `"model":"gpt-4o"`, 1))
	for range 3 {
		w.chat(question("Is it?"), as("a")...).wants(t, 200)
	}
	w.provider.answers("application/json", chatDocument)
	w.chat(`{"model":"m","messages":[{"role":"user","content":"Is it?"}]}`, as("b")...).wants(t, 200)

	d := readDocument(t, w)
	ask := func(query, tenant string) map[string]any {
		t.Helper()
		got := w.send("GET", "/v1/savings"+query, "", as(tenant)...).wants(t, 200)
		d.checkAnswer(t, "/paths/~1v1~1savings/get", got)
		return got.decode(t)
	}
	acme := ask("", "a")
	for path, want := range map[string]any{
		"rows.0.model": "gpt-4o", "total.requests": 3.0, "total.exact_hits": 2.0,
		"total.hits.prompt_tokens": 4000.0, "total.hits.completion_tokens": 20.0,
		"total.hits.usd":  2 * (464*2.5 + 1536*1.25 + 10*10) / 1e6,
		"total.calls.usd": (464*2.5 + 1536*1.25 + 10*10) / 1e6, "total.calls.count": 1.0, "total.calls.prompt_tokens": 2000.0,
		"total.prefix.cached_tokens": 1536.0, "total.prefix.usd": 1536 * 1.25 / 1e6, "total.unpriced_tokens": 0.0,
		"prices.0.source": "https://openai.com/api/pricing", "prices.0.date": "2025-08-31",
	} {
		if got := at(acme, path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	rival := ask("?group_by=tenant,day", "b")
	if rows := rival["rows"].([]any); len(rows) != 1 || at(rows, "0.tenant") != "rival" || at(rival, "unpriced.0.model") != "m" ||
		at(rival, "unpriced.0.tokens") != 2010.0 || at(rival, "total.calls.usd") != 0.0 {
		t.Errorf("another tenant sees %v", rival)
	}
	if all := ask("?group_by=tenant", "o"); len(all["rows"].([]any)) != 2 || at(all, "total.requests") != 4.0 {
		t.Errorf("an operator sees %v", all)
	}
	if none := ask("?from=2020-01-01&to=2020-01-31", "o"); len(none["rows"].([]any)) != 0 {
		t.Errorf("in another month there is %v", none)
	}
	for query, name := range map[string]string{"?from=today": "from", "?to=2026-13-01": "to", "?group_by=key": "group_by", "?from=2030-01-01": "from", "?from=1999-01-01": "from"} {
		got := w.send("GET", "/v1/savings"+query, "", as("o")...).wants(t, 400)
		d.checkAnswer(t, "/paths/~1v1~1savings/get", got)
		if !strings.Contains(got.body, name+": ") {
			t.Errorf("%s: the error does not name %s: %s", query, name, got.body)
		}
	}
}
