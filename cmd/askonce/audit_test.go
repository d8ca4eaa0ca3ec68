// Audits of the running program, from a wrong answer to the tightened threshold.

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// auditedAnswers is a provider that answers each question otherwise.
const auditedAnswers = `steps:
  - match: {text: How do I}
    respond: {answer: Paris}
  - match: {text: How can I}
    respond: {answer: Rome}
  - match: {text: What is the way}
    respond: {answer: Oslo}
`

// standing is what GET /v1/thresholds says of the default namespace.
type standing struct {
	Threshold float64 `json:"threshold"`
	Version   string  `json:"version"`
	Current   *struct {
		Source string `json:"source"`
		Alarm  struct {
			Wrong int `json:"wrong"`
		} `json:"alarm"`
	} `json:"current"`
	Audit struct {
		Right int `json:"right"`
		Wrong int `json:"wrong"`
	} `json:"audit"`
}

func (p *program) standing() standing {
	p.t.Helper()
	var doc struct {
		Thresholds []standing `json:"thresholds"`
	}
	if got := p.send("GET", "/v1/thresholds", "", "Authorization", "Bearer sk-test"); json.Unmarshal([]byte(got.body), &doc) != nil || len(doc.Thresholds) != 1 {
		p.t.Fatalf("thresholds: %d %s", got.status, got.body)
	}
	return doc.Thresholds[0]
}

// until asks until the standing is as wanted.
func (p *program) until(what string, wanted func(standing) bool) standing {
	p.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		s := p.standing()
		if wanted(s) {
			return s
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("not %s: %+v", what, s)
		}
	}
}

func TestAuditsTightenAThreshold(t *testing.T) {
	t.Parallel()
	const stored, reworded, again = "How do I cancel my subscription?", "How can I cancel my subscription?", "What is the way to cancel my subscription?"
	hook := make(chan string, 1)
	told := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var alarm struct{ Type, Namespace, To string }
		json.NewDecoder(r.Body).Decode(&alarm)
		hook <- fmt.Sprint(alarm)
	}))
	defer told.Close()
	script, config := filepath.Join(t.TempDir(), "answers.yaml"), filepath.Join(t.TempDir(), "askonce.yaml")
	writeFile(t, script, auditedAnswers)
	writeFile(t, config, "upstream: {api_key: sk-service}\ncache: {audit: {share: 1}, score: cosine, threshold: 0.8}\nalerts: {webhook: \""+told.URL+"\"}\n")
	provider := startProvider(t, "--latency", "0s", "--script", script)
	data := filepath.Join(t.TempDir(), "data")
	service := startService(t, provider, data, "--config", config)

	if a := service.chat(stored, false); a.layer() != "none" {
		t.Fatalf("stored: %q", a.header.Get("Askonce-Receipt"))
	}
	if a := service.whenCached(reworded); a.layer() != "semantic" || !strings.Contains(a.body, "Paris") {
		t.Fatalf("reworded: %q %s", a.header.Get("Askonce-Receipt"), a.body)
	}
	service.until("audited", func(s standing) bool { return s.Audit.Wrong == 1 })
	if a := service.whenCached(reworded); a.layer() != "exact" || !strings.Contains(a.body, "Rome") {
		t.Errorf("after the audit: %q %s", a.header.Get("Askonce-Receipt"), a.body)
	}
	if a := service.whenCached(again); a.layer() != "semantic" || !strings.Contains(a.body, "Rome") {
		t.Fatalf("again: %q %s", a.header.Get("Askonce-Receipt"), a.body)
	}
	s := service.until("tightened", func(s standing) bool { return s.Current != nil })
	if s.Version != "v1" || s.Threshold != 1 || s.Current.Source != "alarm" || s.Current.Alarm.Wrong != 2 {
		t.Errorf("standing %+v", s)
	}
	if got := <-hook; got != "{askonce.threshold_alarm default v1}" {
		t.Errorf("the webhook got %s", got)
	}
	metrics := service.send("GET", "/metrics", "").body
	for _, want := range []string{"askonce_alarms_total 1\n", "askonce_alarmed_namespaces 1\n", `askonce_audits_total{outcome="wrong"} 2` + "\n"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %q in the metrics", want)
		}
	}
	if output := service.stop(); !strings.Contains(output, "it is tightened") || strings.Contains(output, reworded) {
		t.Errorf("the log says %s", output)
	}
	service = startService(t, provider, data, "--config", config)
	if s := service.standing(); s.Version != "v1" || s.Threshold != 1 {
		t.Errorf("after a restart: %+v", s)
	}
	service.stop()
}
