// Audits: whose calls they are, and what is shown of them.

package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/askonce/askonce/api"
	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
)

// noting is an upstream that tells of its calls.
type noting struct {
	api.Upstream
	asked chan *llm.Call // gets each
}

func (n *noting) Do(ctx context.Context, call *llm.Call) (*http.Response, error) {
	resp, err := n.Upstream.Do(ctx, call)
	n.asked <- call
	return resp, err
}

func (n *noting) next(t *testing.T) *llm.Call {
	t.Helper()
	select {
	case call := <-n.asked:
		return call
	case <-time.After(10 * time.Second):
		t.Fatal("the provider was not asked")
		return nil
	}
}

// auditing is a plan whose hits are all audited.
func auditing(to *noting) plan {
	limits := newBucketLimits()
	return plan{
		upstreamKey: "sk-service", ledger: limits,
		options: func(o *api.Options) {
			limited := api.Tier{Name: "pro", Lane: llm.LaneInteractive, Limited: true}
			member := key("ask_w", "acme", api.RoleWrite)
			member.Tier, o.Limits = limited, limits
			o.Keys = []api.Key{member, key("ask_a", "acme", api.RoleAdmin)}
			to.Upstream, to.asked, o.Upstream = o.Upstream, make(chan *llm.Call, 10), to
		},
		cache: func(o *cache.Options) {
			o.Rules = func(string, string) cache.Rules {
				rules := cache.DefaultRules()
				rules.Audit.Share = 1
				return rules
			}
		},
	}
}

func TestAuditsAreTheOperatorsCalls(t *testing.T) {
	upstream := &noting{}
	w := newWorld(t, auditing(upstream))
	d := readDocument(t, w)
	w.chat(question("how do I reset my password"), "Askonce-Key", "ask_w").wants(t, 200)
	upstream.next(t)
	w.chat(question("password my reset I do how"), "Askonce-Key", "ask_w", "Authorization", "Bearer sk-mine").wants(t, 200).
		wantsHeader(t, "Cache-Status", "detail=semantic")
	w.chat(question("reset my password how do I"), "Askonce-Key", "ask_w").wants(t, 200).wantsHeader(t, "Cache-Status", "detail=semantic")

	// The one who pays himself is not audited: the other's call is the next.
	call := upstream.next(t)
	if call.Lane != llm.LaneBackground || call.TenantLimits != "" || call.Tenant == "acme" || call.Authorization != "" || call.Model == "" {
		t.Errorf("the audit's call is %+v", call)
	}
	for {
		got := w.send("GET", "/v1/thresholds", "", "Askonce-Key", "ask_a").wants(t, 200)
		d.checkAnswer(t, "/paths/~1v1~1thresholds/get", got)
		audit := got.decode(t)["thresholds"].([]any)[0].(map[string]any)["audit"].(map[string]any)
		if found := audit["right"].(float64) + audit["wrong"].(float64) + audit["undecided"].(float64); found == 1 {
			if audit["share"] != 1.0 || audit["precision"] != 0.97 || audit["alarm_at"] != 20.0 {
				t.Errorf("shown as %v", audit)
			}
			break
		}
	}
	list := w.send("GET", "/v1/feedback", "", "Askonce-Key", "ask_a").wants(t, 200)
	d.checkAnswer(t, "/paths/~1v1~1feedback/get", list)
	if label := list.decode(t)["labels"].([]any)[0].(map[string]any); label["source"] != "audit" || label["by"] != "audit" || label["version"] != "default" {
		t.Errorf("label %v", label)
	}
	lines := w.send("GET", "/v1/labels?source=audit&limit=1", "", "Askonce-Key", "ask_a").wants(t, 200).wantsHeader(t, "Content-Type", "application/jsonl")
	if strings.Count(lines.body, "\n") != 1 || !strings.Contains(lines.body, `"source":"audit"`) || lines.header.Get("Link") != "" {
		t.Errorf("labels %s, %v", lines.body, lines.header)
	}
	if len(upstream.asked) != 0 {
		t.Error("more than one hit was audited")
	}
}

// feedbackOn gives verdicts on hits of as many questions.
func feedbackOn(t *testing.T, w *world, verdicts ...string) {
	t.Helper()
	for i, verdict := range verdicts {
		w.post("/v1/cache/store", `{"prompt":"how do I reset my password","response":"so"}`).wants(t, 201)
		words := strings.Fields("password my reset I do how")
		asked := strings.Join(append(words[i:], words[:i]...), " ")
		hit := w.post("/v1/cache/lookup", fmt.Sprintf(`{"prompt":%q,"threshold":0.5}`, asked)).wants(t, 200).decode(t)
		entry, ok := hit["entry"].(map[string]any)
		if !ok {
			t.Fatalf("no hit: %v", hit)
		}
		w.post("/v1/feedback", fmt.Sprintf(`{"entry":%q,"prompt":%q,"verdict":%q}`, entry["id"], asked, verdict)).wants(t, 200)
	}
}

func TestLabelsArePaged(t *testing.T) {
	w := newWorld(t, plan{})
	d := readDocument(t, w)
	feedbackOn(t, w, "right", "right", "wrong")
	var all []string
	for at := "/v1/labels?limit=2"; at != ""; {
		page := w.send("GET", at, "").wants(t, 200)
		d.checkAnswer(t, "/paths/~1v1~1labels/get", page)
		all = append(all, strings.Split(strings.TrimSpace(page.body), "\n")...)
		link, _, _ := strings.Cut(page.header.Get("Link"), ">")
		at = strings.TrimPrefix(link, "<")
	}
	if len(all) != 3 || !strings.Contains(all[0], `"right":false`) || !strings.Contains(all[2], `"right":true`) {
		t.Errorf("%d labels: %q", len(all), all)
	}
	for query, want := range map[string]int{
		"verdict=wrong": 1, "verdict=right": 2, "verdict=undecided": 0, "source=audit": 0, "source=feedback": 3, "namespace=other": 0,
	} {
		if got := w.send("GET", "/v1/labels?"+query, "").wants(t, 200); strings.Count(got.body, "\n") != want {
			t.Errorf("%s: %q", query, got.body)
		}
	}
	for _, query := range []string{"verdict=maybe", "source=me", "limit=0", "limit=x", "namespace=a%20b"} {
		d.checkAnswer(t, "/paths/~1v1~1labels/get", w.send("GET", "/v1/labels?"+query, "").wants(t, 400))
	}
}

// Tuning on gathered labels says of which, since only audits are a sample.
func TestTuningSaysWhichLabels(t *testing.T) {
	w := newWorld(t, plan{})
	d := readDocument(t, w)
	feedbackOn(t, w, "right", "right", "right", "right", "right", "wrong")
	got := w.post("/v1/tune", `{"labels":true,"source":"feedback","precision":0.2,"confidence":0.5}`).wants(t, 200)
	d.checkAnswer(t, "/paths/~1v1~1tune/post", got)
	used := got.decode(t)["labels"].(map[string]any)
	if used["source"] != "feedback" || used["feedback"] != 6.0 || used["audits"] != 0.0 {
		t.Errorf("used %v", used)
	}
	if c, ok := got.decode(t)["certificate"].(map[string]any); ok && c["labels"] != "feedback" {
		t.Errorf("certificate %v", c)
	}
	w.post("/v1/tune", `{"labels":true,"source":"audit"}`).wants(t, 422)
	w.post("/v1/tune", `{"labels":true,"source":"mine"}`).wants(t, 400)
	w.post("/v1/tune", `{"lookups":[],"source":"audit"}`).wants(t, 400)
}
