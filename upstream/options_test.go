package upstream_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/askonce/askonce/upstream"
	"github.com/askonce/askonce/upstream/simulator"
	"github.com/prometheus/client_golang/prometheus"
)

func TestEveryProblemIsNamed(t *testing.T) {
	_, err := upstream.New(upstream.Options{BaseURL: "ftp://x", APIKey: "sk 1\n", Timeout: -1, MaxTries: -1,
		RetryBudget: upstream.RetryBudget{Ratio: -1}})
	for _, want := range []string{"BaseURL:", "APIKey:", "Timeout:", "MaxTries:", "RetryBudget.Ratio:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "sk 1") {
		t.Errorf("error %v tells the key", err)
	}
}

func TestBaseURLs(t *testing.T) {
	for base, ok := range map[string]bool{
		"https://api.openai.com/v1":      true,
		"http://127.0.0.1:9090/v1/":      true,
		"":                               false,
		"api.openai.com/v1":              false,
		"https:///v1":                    false,
		"https://user:pw@example.com/v1": false,
		"https://example.com/v1?x=1":     false,
		"://":                            false,
	} {
		_, err := upstream.New(upstream.Options{BaseURL: base})
		if (err == nil) != ok {
			t.Errorf("%q: %v", base, err)
		}
		if err != nil && strings.Contains(err.Error(), "pw") {
			t.Errorf("error %v tells the password", err)
		}
	}
}

func TestMetricsAndLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		var lines bytes.Buffer
		p := start(t, simulator.Options{Script: []simulator.Step{
			{Match: simulator.Match{Nth: []int{1}}, Respond: simulator.Response{Status: 500}},
			{Match: simulator.Match{Nth: []int{3}}, Respond: simulator.Response{Status: 429, Headers: map[string]string{"Retry-After": "900"}}},
			{Match: simulator.Match{Nth: []int{4}}, Respond: simulator.Response{Status: 404}},
		}}, upstream.Options{APIKey: "sk-secret", Registerer: registry, Logger: slog.New(slog.NewJSONHandler(&lines, nil))})
		for range 3 {
			resp, err := p.Do(t.Context(), chat(chatBody))
			if err != nil {
				t.Fatal(err)
			}
			answer(t, resp)
		}
		got := gather(t, registry)
		for metric, want := range map[string]float64{
			`askonce_upstream_calls_total[outcome=ok]`:                   1,
			`askonce_upstream_calls_total[outcome=rate_limited]`:         1,
			`askonce_upstream_calls_total[outcome=client_error]`:         1,
			`askonce_upstream_retries_total[reason=server_error]`:        1,
			`askonce_upstream_retries_refused_total[reason=retry_after]`: 1,
			`askonce_upstream_seconds[]`:                                 3,
		} {
			if got[metric] != want {
				t.Errorf("%s = %v, want %v in %v", metric, got[metric], want, got)
			}
		}
		if s := lines.String(); !strings.Contains(s, "server_error") || strings.Contains(s, "sk-secret") || strings.Contains(s, "password") {
			t.Errorf("the log %s must name the reason, and no credential or prompt", s)
		}
	})
}

// gather returns counters' values and histograms' counts by name and labels.
func gather(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			values[fmt.Sprint(family.GetName(), labels)] = m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return values
}
