package scenario_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/askonce/askonce/upstream/scenario"
	"github.com/askonce/askonce/upstream/simulator"
)

// TestScenarios holds what every scenario expects, and that the naive client
// shows why.
func TestScenarios(t *testing.T) {
	for _, s := range scenario.All() {
		if s.Restarts {
			continue // of a real ledger: the command's tests
		}
		t.Run(s.Name, func(t *testing.T) {
			r, err := scenario.Simulate(s)
			if err != nil {
				t.Fatal(err)
			}
			var table strings.Builder
			if err := r.WriteTable(&table); err != nil {
				t.Fatal(err)
			}
			t.Log(table.String())
			for _, broken := range r.Broken() {
				t.Errorf("it does not hold that %s", broken)
			}
			for name, f := range map[string]scenario.Figures{"askonce": r.Askonce, "naive": r.Naive} {
				if f.Sent == 0 || f.Sent != f.Answered+f.Failed+f.Waiting {
					t.Errorf("%s: %d sent, %d answered, %d failed, %d waiting", name, f.Sent, f.Answered, f.Failed, f.Waiting)
				}
			}
			if s.Name != "burst" && r.Naive.ProviderRefused == 0 {
				t.Error("the naive client was refused nothing: the load is no test of the limit")
			}
		})
	}
}

// TestCountings plays those whose outcome hangs on how the provider counts.
func TestCountings(t *testing.T) {
	for _, name := range []string{"rag", "replicas", "liar"} {
		for _, counting := range []simulator.Counting{simulator.TokenBucket, simulator.FixedWindow, simulator.FirstUseWindow} {
			t.Run(fmt.Sprint(name, "/", counting), func(t *testing.T) {
				s, _ := scenario.Find(name)
				r, err := scenario.Simulate(s.Counted(counting))
				if err != nil {
					t.Fatal(err)
				}
				for _, broken := range r.Broken() {
					t.Errorf("it does not hold that %s: %+v", broken, r.Askonce)
				}
				if r.Naive.ProviderRefused == 0 {
					t.Error("the naive client was refused nothing: the load is no test of the limit")
				}
			})
		}
	}
}

func TestReportAsJSON(t *testing.T) {
	s, _ := scenario.Find("burst")
	r, err := scenario.Simulate(s)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Askonce, Naive map[string]any }
	if err := json.Unmarshal(doc, &got); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{
		"sent", "answered", "failed", "provider_refused", "refused_after_header", "duplicate_calls",
		"utilisation", "answered_by_lane", "wait_ms", "share_by_tenant",
	} {
		if got.Askonce[field] == nil || got.Naive[field] == nil {
			t.Errorf("%s is missing in %s", field, doc)
		}
	}
	if used := got.Askonce["utilisation"].(map[string]any)["tokens"]; used != 0.25 {
		t.Errorf("50 calls of 100 + 200 tokens, of 30,000 tokens: used %v in %s", used, doc)
	}
}
