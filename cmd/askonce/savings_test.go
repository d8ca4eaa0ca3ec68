// Savings from outside: what one tenant saved is told, lasts, and is its own.

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/askonce/askonce/cache/rediscache/redistest"
)

// cachedScript makes the provider answer every chat with 1,000 prompt tokens,
// 768 of them from its prefix cache.
const cachedScript = `
steps:
  - match: {path: /v1/chat/completions}
    respond:
      status: 200
      body: '{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Yes."},"finish_reason":"stop"}],
        "usage":{"prompt_tokens":1000,"completion_tokens":100,"prompt_tokens_details":{"cached_tokens":768}}}'
      headers: {content-type: application/json}
      delay: 300ms
`

// command runs askonce in this process.
func command(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(args, &process{Stdout: &out, Stderr: &errs}); code != exitOK {
		t.Fatalf("askonce %s: code %d, %s", strings.Join(args, " "), code, errs.String())
	}
	return out.String()
}

func TestSavingsAreToldAndLast(t *testing.T) {
	t.Parallel()
	for name, args := range map[string]func(t *testing.T) []string{
		"embedded": func(*testing.T) []string { return nil },
		"redis":    func(t *testing.T) []string { return []string{"--redis", redistest.Start(t).URL()} },
	} {
		t.Run(name, func(t *testing.T) {
			script := filepath.Join(t.TempDir(), "script.yaml")
			writeFile(t, script, cachedScript)
			provider := startProvider(t, "--latency", "0s", "--script", script)
			data, more := filepath.Join(t.TempDir(), "data"), append(args(t), "--config", tieredConfig(t))
			service := startService(t, provider, data, more...)
			ask := func(model, key string) {
				t.Helper()
				body := fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"Is it?"}]}`, model)
				if a := service.send("POST", "/v1/chat/completions", body, "Authorization", "Bearer "+key); a.status != http.StatusOK {
					t.Fatalf("status %d: %s", a.status, a.body)
				}
			}
			for range 5 {
				ask("gpt-4o", freeKey)
			}
			ask("ours", adminKey)
			service.stop()
			service = startService(t, provider, data, more...)

			table := command(t, "savings", "--url", service.url, "--key", adminKey, "--by", "tenant,model")
			for _, line := range []string{
				`acme, gpt-4o 5 4 \(80.0%\) 0 4,400 \$0.0102 [0-9.]+s 76.8% \$0.0010 \$0.0025`,
				`ops, ours 1 0 0 0 - 0s 76.8% - -`,
				`ours, 1,100 tokens`,
				`Prices: https://openai.com/api/pricing, as of 2025-08-31`,
			} {
				if !regexp.MustCompile(line).MatchString(strings.Join(strings.Fields(table), " ")) {
					t.Errorf("%q is not in\n%s", line, table)
				}
			}
			if own := command(t, "savings", "--url", service.url, "--key", freeKey); strings.Contains(own, "ours") {
				t.Errorf("a tenant sees another's:\n%s", own)
			}
			var doc struct {
				Total struct {
					Hits struct{ Seconds float64 }
				}
			}
			raw := command(t, "savings", "--server", service.url, "--key", freeKey, "--json")
			if err := json.Unmarshal([]byte(raw), &doc); err != nil || doc.Total.Hits.Seconds < 4*0.2 || doc.Total.Hits.Seconds > 60 {
				t.Errorf("%v: %s", err, raw)
			}
		})
	}
}

// TestSwitchingOrderOnShows: the provider's own figures tell what ordering
// gains, in the metrics and in the savings.
func TestSwitchingOrderOnShows(t *testing.T) {
	t.Parallel()
	provider := startProvider(t, "--latency", "0s", "--token-interval", "0s")
	service := startService(t, provider, filepath.Join(t.TempDir(), "data"))
	rules := strings.Repeat("Parcels are sent within two days of the order. ", 200) // some 2,000 tokens
	const each = 8
	for _, order := range []string{"off", "on"} {
		for i := range each {
			body, err := json.Marshal(map[string]any{"model": "gpt-4o", "stream": i%2 == 0, "messages": []map[string]string{
				{"role": "system", "content": fmt.Sprintf("Current time: 10:35:%02d\n\n%s", i, rules)}, {"role": "user", "content": "Where is my parcel?"},
			}})
			if err != nil {
				t.Fatal(err)
			}
			a := service.send("POST", "/v1/chat/completions", string(body), "Cache-Control", "no-store", "Askonce-Prompt-Order", order, "Authorization", "Bearer sk-a")
			if a.status != http.StatusOK {
				t.Fatalf("status %d: %s", a.status, a.body)
			}
		}
	}
	metrics := service.send("GET", "/metrics", "").body
	count := func(name, order string) (n float64) {
		t.Helper()
		line := regexp.MustCompile(name + `\{endpoint="chat",model="gpt-4o",order="` + order + `"\} (\S+)`).FindStringSubmatch(metrics)
		if line == nil {
			t.Fatalf("%s of order %s is not in the metrics", name, order)
		}
		if _, err := fmt.Sscan(line[1], &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	share := func(order string) float64 {
		return count("askonce_prompt_cached_tokens_total", order) / count("askonce_prompt_tokens_total", order)
	}
	if before, after := share("off"), share("on"); before != 0 || after < 0.75 {
		t.Errorf("the share cached is %.2f without ordering, %.2f with it", before, after)
	}
	table := command(t, "savings", "--url", service.url, "--by", "model")
	if regexp.MustCompile(`gpt-4o .*\s0\.0%\s`).MatchString(table) || strings.Contains(table, "Saved $0.00 and") {
		t.Errorf("the prefix cache's savings are not told:\n%s", table)
	}
}
