package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
)

// TestNamespaceRules: what a namespace leaves out is the cache's.
func TestNamespaceRules(t *testing.T) {
	cfg := defaultConfig(lookup(nil))
	threshold, ttl, exact := 0.9, time.Hour, "exact"
	cfg.Namespaces = map[string]NamespaceConfig{"faq": {Threshold: &threshold}, "code": {Mode: &exact, TTL: &ttl}}
	rules := namespaceRules(&cfg)
	for namespace, want := range map[string]cache.Rules{
		"default": {Mode: "semantic", Threshold: 0.95, ThresholdVersion: "default", TTL: 24 * time.Hour},
		"faq":     {Mode: "semantic", Threshold: 0.9, ThresholdVersion: "config", TTL: 24 * time.Hour},
		"code":    {Mode: "exact", Threshold: 0.95, ThresholdVersion: "default", TTL: time.Hour},
	} {
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
		s, err := wire(&cfg, newLogger(LogConfig{Level: "error"}, t.Output()), true)
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
