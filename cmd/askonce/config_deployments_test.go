package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/askonce/askonce/upstream/limit"
)

func TestLimitsOverridePresets(t *testing.T) {
	axes, err := LimitsConfig{
		Preset: "openai/gpt-4o/tier-1", RPM: 400, InputTPM: 9, Concurrency: 3, Day: "utc", Counting: "token_bucket", ChargesMaxTokens: true,
	}.axes(defaultSlack)
	if err != nil {
		t.Fatal(err)
	}
	bucket := func(n int64, keeps bool) limit.Rule {
		return limit.Rule{Counting: limit.TokenBucket, Limit: n, Window: time.Minute, Slack: defaultSlack, Keeps: keeps}
	}
	want := []limit.Axis{
		{Name: "requests", Unit: limit.Requests, Rule: bucket(400, false)},
		{Name: "tokens", Unit: limit.TotalTokens, Rule: bucket(30_000, true)},
		{Name: "day_requests", Unit: limit.Requests, Rule: limit.Rule{Counting: limit.UTCDay, Limit: 10_000, Slack: defaultSlack}},
		{Name: "input_tokens", Unit: limit.InputTokens, Rule: limit.Rule{Counting: limit.TokenBucket, Limit: 9, Slack: defaultSlack}},
		{Name: "concurrency", Unit: limit.Calls, Rule: limit.Rule{Counting: limit.Concurrency, Limit: 3, Slack: defaultSlack}},
	}
	if len(axes) != len(want) {
		t.Fatalf("axes %+v, want %+v", axes, want)
	}
	for i := range want {
		if axes[i] != want[i] {
			t.Errorf("axis %+v, want %+v", axes[i], want[i])
		}
	}
}

// Every problem is reported at once, with its key and its line.
func TestDeploymentProblems(t *testing.T) {
	file := filepath.Join(t.TempDir(), "askonce.yaml")
	writeFile(t, file, `upstream:
  api_key: sk-1
  default: nobody
  limits: {preset: openai/gpt-4o/tier-l, rpm: -1, counting: guess, day: sunday}
  deployments:
    a: {provider: other, base_url: nowhere, weight: -1, role: idle, api_key: x, api_key_env: NOT_SET}
    b: {base_url: "http://b/v1", api_key_env: NOT_SET, model: "a b"}
  models:
    m: {strategy: luck, deployments: [a, c, a]}
    n: {}
`)
	_, err := load(ConfigFlags{Config: file}, nil)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"upstream.api_key: means nothing", "upstream.default:", `did you mean "openai/gpt-4o/tier-1"`, "upstream.limits.rpm:", "upstream.limits.counting:",
		"upstream.limits.day:", "upstream.deployments.a.provider:", "upstream.deployments.a.base_url:", "upstream.deployments.a.weight:",
		"upstream.deployments.a.role:", "upstream.deployments.a.api_key: is set in more than one way",
		"upstream.deployments.b.api_key: the variable NOT_SET is not set", "upstream.deployments.b.model:", "upstream.models.m.strategy:",
		"upstream.models.m.deployments[1]:", "upstream.models.m.deployments[2]:", "upstream.models.n.deployments:", "askonce.yaml:4",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in:\n%v", want, err)
		}
	}
}
