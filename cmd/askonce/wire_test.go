package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy/guard"
)

// TestNamespaceRules: what a namespace leaves out is the cache's.
func TestNamespaceRules(t *testing.T) {
	cfg := defaultConfig(lookup(nil))
	threshold, ttl, exact, cosine, share := 0.97, time.Hour, "exact", "cosine", 0.02
	cfg.Namespaces = map[string]NamespaceConfig{
		"faq":  {Threshold: &threshold, Score: &cosine, Guards: []string{"-numbers"}, Audit: NamespaceAuditConfig{Share: &share}},
		"code": {Mode: &exact, TTL: &ttl, Guards: []string{"none"}},
	}
	rules, err := namespaceRules(&cfg)
	if err != nil {
		t.Fatal(err)
	}
	usual := cache.Rules{
		Mode: "semantic", Score: "verified", Threshold: 0.89, ThresholdVersion: "default", Floor: 0.5, Guards: guard.All, TTL: 24 * time.Hour, NowTTL: 5 * time.Minute,
		Audit: cache.AuditRules{Precision: 0.97, Level: 0.05},
	}
	faq, code := usual, usual
	faq.Audit.Share = 0.02
	faq.Score, faq.Threshold, faq.ThresholdVersion, faq.Guards = "cosine", 0.97, "config", guard.All&^guard.Of(guard.Numbers)
	code.Mode, code.TTL, code.Guards = "exact", time.Hour, guard.None
	for namespace, want := range map[string]cache.Rules{"default": usual, "faq": faq, "code": code} {
		if got := rules("any", namespace); got != want {
			t.Errorf("%s: %+v, want %+v", namespace, got, want)
		}
	}
}

// TestWireEveryEmbedder opens the service with each kind.
func TestWireEveryEmbedder(t *testing.T) {
	remote := EmbedderConfig{BaseURL: "http://127.0.0.1:1", Model: "m", Dimensions: 8}
	for kind, identity := range map[string]string{
		"builtin": "all-MiniLM-L6-v2/int8-1/384", "off": "off", "openai": "openai/m/8", "tei": "tei/m/8", "ollama": "ollama/m/8",
	} {
		cfg := defaultConfig(lookup(nil))
		cfg.Data = filepath.Join(t.TempDir(), "data")
		if cfg.Embedder.Kind = kind; kind != "builtin" && kind != "off" {
			cfg.Embedder = remote
			cfg.Embedder.Kind = kind
		}
		s, err := wire(&cfg, newLogger(LogConfig{Level: "error"}, t.Output()), network{loopback: true})
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if got := identityOf(s.embedder); got != identity {
			t.Errorf("%s: identity %s", kind, got)
		}
		if err := s.close(t.Context()); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
