package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/askonce/askonce/api"
	"github.com/askonce/askonce/upstream/limit"
)

// passages is a request with chunks a, b, ... whose scores fall.
func passages(n int, question string) string {
	var parts []string
	for i := range n {
		parts = append(parts, fmt.Sprintf(`{"type":"text","text":"Passage %c.","askonce_score":%.2f}`, 'a'+i, 1-float64(i)/100))
	}
	parts = append(parts, fmt.Sprintf(`{"type":"text","text":%q}`, question))
	return `{"model":"gpt-4o","messages":[{"role":"user","content":[` + strings.Join(parts, ",") + `]}]}`
}

func budgeted(rules api.BudgetRules) func(*api.Options) {
	return func(o *api.Options) {
		o.Budget = func(_, namespace string) api.BudgetRules {
			if namespace == "rag" {
				return rules
			}
			return api.BudgetRules{}
		}
	}
}

func TestScoresStayHere(t *testing.T) {
	w := newWorld(t, plan{})
	w.chat(passages(3, "which?")).wants(t, 200)
	if sent := w.provider.last(t).body; strings.Contains(sent, "askonce") || strings.Count(sent, "Passage") != 3 {
		t.Errorf("sent %s", sent)
	}
	other := strings.ReplaceAll(passages(3, "which?"), `0.99`, `0.5`)
	w.chat(other).wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
	bad := strings.ReplaceAll(passages(3, "which?"), `0.99`, `"high"`)
	if r := w.chat(bad).wants(t, 400); !strings.Contains(r.body, "messages[0].content[1].askonce_score") {
		t.Errorf("the error does not name the member: %s", r.body)
	}
}

func TestChunksOverBudgetAreLeftOut(t *testing.T) {
	w := newWorld(t, plan{options: budgeted(api.BudgetRules{Chunks: 2})})
	rag := []string{"Askonce-Namespace", "rag"}
	r := w.chat(passages(4, "which?"), rag...).wants(t, 200).wantsHeader(t, "Askonce-Prompt-Chunks", "2/4(chunks)")
	r.wantsHeader(t, "Askonce-Receipt", ";chunks=2/4(chunks)")
	if sent := w.provider.last(t).body; strings.Contains(sent, "Passage c") || !strings.Contains(sent, "Passage b") {
		t.Errorf("sent %s", sent)
	}
	// The answer is kept as what it is: that to the request with two chunks.
	w.chat(passages(2, "which?"), rag...).wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
	r = w.chat(passages(4, "which?"), rag...).wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
	r.wantsHeader(t, "Askonce-Receipt", ";chunks=2/4(chunks)")
	lookup := w.post("/v1/cache/lookup", `{"namespace":"rag","request":`+passages(4, "which?")+`}`).wants(t, 200)
	if lookup.decode(t)["hit"] != false {
		t.Errorf("the answer stands under the full request's key: %s", lookup.body)
	}
	const misses = "askonce_lookups_total{layer=\"none\"} 2\n" // the first chat and the lookup
	if got := w.send("GET", "/metrics", "").body; !strings.Contains(got, misses) {
		t.Errorf("the metrics have no %s", misses)
	}
	w.chat(passages(4, "which?")).wants(t, 200) // no budget in the default namespace
	if sent := w.provider.last(t).body; strings.Count(sent, "Passage") != 4 {
		t.Errorf("sent %s", sent)
	}
}

func TestAnAnswerToTheFullRequestIsBetter(t *testing.T) {
	w := newWorld(t, plan{options: budgeted(api.BudgetRules{Chunks: 2})})
	w.post("/v1/cache/store", `{"namespace":"rag","request":`+passages(4, "which?")+`,"response":`+
		`{"id":"1","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"full"},"finish_reason":"stop"}]}}`).wants(t, 201)
	r := w.chat(passages(4, "which?"), "Askonce-Namespace", "rag").wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
	if !strings.Contains(r.body, "full") || r.header.Get("Askonce-Prompt-Chunks") != "" {
		t.Errorf("%v %s", r.header, r.body)
	}
}

func TestPromptTokensAreCapped(t *testing.T) {
	w := newWorld(t, plan{options: budgeted(api.BudgetRules{PromptTokens: 150})})
	rag := []string{"Askonce-Namespace", "rag"}
	w.chat(passages(60, "which?"), rag...).wants(t, 200).wantsHeader(t, "Askonce-Receipt", "/60(tokens)")
	if sent := w.provider.last(t).body; !strings.Contains(sent, "Passage a.") || strings.Count(sent, "Passage") > 55 {
		t.Errorf("sent %s", sent)
	}
	long := fmt.Sprintf(`{"model":"gpt-4o","messages":[{"role":"user","content":%q}]}`, strings.Repeat("word after word ", 200))
	r := w.chat(long, rag...).wants(t, 400)
	for _, word := range []string{"prompt_over_budget", "150", "askonce_score"} {
		if !strings.Contains(r.body, word) {
			t.Errorf("the error says nothing of %s: %s", word, r.body)
		}
	}
	w.chat(long).wants(t, 200)
}

func TestUnderLoadThereAreFewerChunks(t *testing.T) {
	minute := limit.Axis{Name: "requests", Unit: limit.Requests, Rule: limit.Rule{Counting: limit.SlidingWindow, Limit: 10}}
	rules := api.BudgetRules{Chunks: 10, LoadAbove: 0.5, LoadChunks: 5}
	w := newWorld(t, plan{upstreamKey: "sk", limits: []limit.Axis{minute}, options: budgeted(rules)})
	rag := []string{"Askonce-Namespace", "rag"}
	for i := range 6 {
		w.chat(passages(5, fmt.Sprint("question ", i)), rag...).wants(t, 200)
	}
	w.chat(passages(10, "which?"), rag...).wants(t, 200).wantsHeader(t, "Askonce-Receipt", ";chunks=5/10(load)")
	if sent := w.provider.last(t).body; strings.Contains(sent, "Passage f") || !strings.Contains(sent, "Passage e") {
		t.Errorf("sent %s", sent)
	}
}
