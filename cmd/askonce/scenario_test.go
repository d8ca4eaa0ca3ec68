// Scenarios in real time: askonce processes, over HTTP.

package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/askonce/askonce/upstream/scenario"
	"github.com/askonce/askonce/upstream/simulator"
)

// simulateReal runs the command and returns its report.
func simulateReal(t *testing.T, args ...string) scenario.Report {
	t.Helper()
	cmd := exec.Command("askonce", append([]string{"simulate", "--json"}, args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("askonce simulate %v: %v\n%s%s", args, err, out, stderr.String())
	}
	var report scenario.Report
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	return report
}

func TestBurstInRealTime(t *testing.T) {
	t.Setenv("ASKONCE_UPSTREAM_API_KEY", "sk-other") // is not for the scenario's service
	r := simulateReal(t, "--scenario", "burst", "--real")
	if a := r.Askonce; r.Clock != "real" || a.Sent != 50 || a.Answered != 50 || a.ProviderRefused != 0 || a.DuplicateCalls != 0 {
		t.Errorf("%+v", r)
	}
}

// TestPrefix plays it with the service as it is wired, and holds what it expects.
func TestPrefix(t *testing.T) {
	cmd := exec.Command("askonce", "simulate", "--json", "--scenario", "prefix")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, stderr.String())
	}
	var report scenario.PrefixReport
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"support", "rag", "agent", "template"} {
		f := report.Workloads[name]
		if f == nil || f.After < 0.8*f.Hand || f.After < f.Before || f.Anthropic.After < 0.8*f.Anthropic.Hand || f.CostUSD.After >= f.CostUSD.Before {
			t.Errorf("%s: %+v", name, f)
		}
	}
	refused := exec.Command("askonce", "simulate", "--scenario", "prefix", "--limits", "calls=8", "--upstream", "http://127.0.0.1:1/v1")
	if out, err := refused.CombinedOutput(); err == nil || !strings.Contains(string(out), "--limits") || !strings.Contains(string(out), "--upstream") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestWayToAnotherProvider passes a call on with the other's key, below its own
// path.
func TestWayToAnotherProvider(t *testing.T) {
	var asked *http.Request
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = r }))
	defer other.Close()
	r := realRun{upstream: other.URL + "/api/v1/", apiKey: "sk-other", log: slog.New(slog.DiscardHandler)}
	handler, err := r.provider(nil)
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader("{}"))
	req.Header.Set("Authorization", "Bearer sk-simulated")
	handler.ServeHTTP(httptest.NewRecorder(), req)
	if asked == nil || asked.URL.Path != "/api/v1/chat/completions" || asked.Header.Get("Authorization") != "Bearer sk-other" {
		t.Errorf("asked %+v", asked)
	}
}

func TestLimitsConfig(t *testing.T) {
	limits, err := simulator.ParseLimits("requests=500/1m:fixed_window,input_tokens=30000/1m:fixed_window,requests=200/24h:fixed_window,calls=8")
	if err != nil {
		t.Fatal(err)
	}
	got, err := limitsConfig(limits)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"concurrency":8,"counting":"fixed_window","day":"utc","input_tpm":30000,"rpd":200,"rpm":500}`; string(doc) != want {
		t.Errorf("got %s, want %s", doc, want)
	}
	for spec, want := range map[string]string{
		"tokens=5:token_bucket:burst=9": "no burst",
		"tokens=5/10s":                  "counts minutes",
		"tokens=5/24h":                  "counts minutes",
		"tokens=5:fixed_window,requests=5:token_bucket": "in the same way",
	} {
		limits, err := simulator.ParseLimits(spec)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := limitsConfig(limits); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}
