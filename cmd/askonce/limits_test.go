// Limits from outside: a tier's tenant is refused when it should be, and the
// buckets are shown.

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askonce/askonce/cache/rediscache/redistest"
)

const (
	freeKey  = "ask_free-tenants-key"
	adminKey = "ask_operators-key"
)

// tieredConfig is a file with a key of the free tier and an admin's.
func tieredConfig(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "askonce.yaml")
	writeFile(t, file, fmt.Sprintf(`
upstream: {api_key: sk-service}
keys:
  - {id: f, tenant: acme, role: write, tier: free, hash: "%s"}
  - {id: o, tenant: ops, role: admin, hash: "%s"}
`, hashOf(freeKey), hashOf(adminKey)))
	return file
}

func TestTiersHold(t *testing.T) {
	t.Parallel()
	for name, args := range map[string]func(t *testing.T) []string{
		"embedded": func(*testing.T) []string { return nil },
		"redis":    func(t *testing.T) []string { return []string{"--redis", redistest.Start(t).URL()} },
	} {
		t.Run(name, func(t *testing.T) {
			provider := startProvider(t, "--latency", "0s", "--token-interval", "0s")
			service := startService(t, provider, filepath.Join(t.TempDir(), "data"), append(args(t), "--config", tieredConfig(t))...)
			ask := func(i int) answer {
				return service.send("POST", "/v1/chat/completions",
					fmt.Sprintf(`{"model":"m","max_tokens":20,"messages":[{"role":"user","content":"Question %d?"}]}`, i),
					"Authorization", "Bearer "+freeKey, "Askonce-Max-Wait", "3", "Askonce-Mode", "exact")
			}
			for i := range 5 {
				if a := ask(i); a.status != http.StatusOK || !strings.Contains(a.header.Get("RateLimit"), fmt.Sprintf(`"requests";r=%d;`, 4-i)) {
					t.Fatalf("call %d: status %d, RateLimit %q: %s", i, a.status, a.header.Get("RateLimit"), a.body)
				}
			}
			refused := ask(5)
			if refused.status != http.StatusTooManyRequests || refused.header.Get("Retry-After") == "" ||
				!strings.Contains(refused.body, `"code":"rate_limit_exceeded"`) {
				t.Errorf("the sixth call in a minute: status %d, %v: %s", refused.status, refused.header, refused.body)
			}
			if a := ask(0); a.status != http.StatusOK || a.layer() != "exact" {
				t.Errorf("a hit of a tenant that has used its tier up: status %d", a.status)
			}
			var out, errs bytes.Buffer
			code := run([]string{"limits", "--url", service.url, "--key", adminKey}, &process{Stdout: &out, Stderr: &errs})
			if fields := strings.Fields(out.String()); code != exitOK || !strings.Contains(strings.Join(fields, " "), "tenant acme requests 5 5 0") {
				t.Errorf("code %d, %s:\n%s", code, errs.String(), out.String())
			}
		})
	}
}

// hashOf is a key's line in the configuration.
func hashOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hashPrefix + hex.EncodeToString(sum[:])
}
