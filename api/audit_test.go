// Audits: whose calls they are, and what is shown of them.

package api_test

import (
	"context"
	"net/http"
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
	if len(upstream.asked) != 0 {
		t.Error("more than one hit was audited")
	}
}
