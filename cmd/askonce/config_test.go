package main

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestExample loads the example: it must be what holds without it, and show
// every key.
func TestExample(t *testing.T) {
	const file = "../../askonce.example.yaml"
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	home := []string{"HOME=/home/somebody"}
	got, err := load(ConfigFlags{Config: file}, home)
	if err != nil {
		t.Fatal(err)
	}
	want := defaultConfig(lookup(home))
	want.Namespaces, want.Keys, want.Tiers = map[string]NamespaceConfig{}, []KeyConfig{}, map[string]TierConfig{}
	want.Prices = map[string]PriceConfig{}
	want.Upstream.Deployments, want.Upstream.Models = map[string]DeploymentConfig{}, map[string]ModelConfig{}
	if !reflect.DeepEqual(got.Config, want) {
		t.Errorf("the example differs from the defaults:\n%+v\n%+v", got.Config, want)
	}
	for _, s := range settings("", reflect.ValueOf(&got.Config).Elem()) {
		if _, set := got.origins[s.path]; !set && s.path != "data" {
			t.Errorf("the example does not show %s", s.path)
		}
	}
	if !strings.Contains(string(doc), "# data:") {
		t.Error("the example does not show data")
	}
}

// TestExampleParts takes the comment marks off the examples for deployments,
// models, namespaces, keys and data.
func TestExampleParts(t *testing.T) {
	doc, err := os.ReadFile("../../askonce.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	upstream, rest, _ := strings.Cut(string(doc), "\ncache:")
	upstream = strings.NewReplacer("\n  #  ", "\n    ", "deployments: {}", "deployments:", "models: {}", "models:").Replace(upstream)
	text := strings.NewReplacer("\n# data:", "\ndata:", "\n#  ", "\n  ", "namespaces: {}", "namespaces:", "keys: []", "keys:", "tiers: {}", "tiers:", "prices: {}", "prices:").
		Replace(upstream + "\ncache:" + rest)
	// The head's example commands are the only other lines of that form.
	_, text, _ = strings.Cut(text, "# Where to listen")
	file := filepath.Join(t.TempDir(), "askonce.yaml")
	writeFile(t, file, "# "+text)
	got, err := load(ConfigFlags{Config: file}, []string{"OPENAI_API_KEY=sk-1", "AZURE_API_KEY=sk-2"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Upstream.Models["gpt-4o"].Deployments) != 2 || got.Upstream.Deployments["azure-eu"].APIKey != "sk-2" {
		t.Errorf("%+v", got.Upstream)
	}
	if want := (BudgetConfig{8000, 10, LoadBudget{0.8, 5}}); got.Namespaces["docs"].Budget != want {
		t.Errorf("%+v", got.Namespaces["docs"])
	}
	if got.Data != "/var/lib/askonce" || *got.Namespaces["faq"].TTL != 7*24*time.Hour || len(got.Keys) != 1 ||
		got.Prices["claude-ours"] != (PriceConfig{Input: 3, Cached: 0.3, Write: 3.75, WriteHour: 6, Output: 15, UpTo: 200_000}) ||
		len(got.Tiers) != 4 || got.Tiers["free"] != usualTiers()["free"] || got.Tiers["pro"] != usualTiers()["pro"] {
		t.Errorf("%+v", got.Config)
	}
}

// TestEveryKeyHasAVariable sets each key by its variable.
func TestEveryKeyHasAVariable(t *testing.T) {
	values := map[reflect.Kind]string{reflect.Bool: "true", reflect.Int: "7", reflect.Float64: "0.5", reflect.String: "x", reflect.Slice: "GET /v1/a, GET /v1/b"}
	var names []string
	cfg := defaultConfig(lookup(nil))
	for _, s := range settings("", reflect.ValueOf(&cfg).Elem()) {
		value := values[s.value.Kind()]
		switch s.value.Interface().(type) {
		case time.Duration:
			value = "7s"
		case Bytes:
			value = "7MiB"
		}
		names = append(names, envName(s.path)+"="+value)
	}
	from := make(origins)
	if ps, warnings := readEnv(&cfg, names, from); len(ps)+len(warnings) > 0 {
		t.Fatal(ps, warnings)
	}
	want := []any{"x", 7 * time.Second, Bytes(7 << 20), 0.5, true, []string{"GET /v1/a", "GET /v1/b"}}
	got := []any{cfg.Upstream.BaseURL, cfg.Cache.TTL, cfg.Cache.MaxBytes, cfg.Cache.Threshold, cfg.Metrics.Open, cfg.Upstream.AllowPaths}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !slices.Contains(names, "ASKONCE_UPSTREAM_BASE_URL=x") || len(from) != len(names) {
		t.Errorf("names: %v", names)
	}
}

// TestPrecedence sets one key in every way.
func TestPrecedence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "askonce.yaml")
	writeFile(t, file, "listen: 127.0.0.1:1\ncache: {ttl: 1h, threshold: 0.9}\nupstream: {base_url: http://file/v1}\n")
	env := []string{"ASKONCE_CONFIG=" + file, "ASKONCE_LISTEN=127.0.0.1:2", "ASKONCE_CACHE_TTL=2h"}
	got, err := load(ConfigFlags{Listen: "127.0.0.1:3"}, env)
	if err != nil {
		t.Fatal(err)
	}
	if got.Listen != "127.0.0.1:3" || got.Cache.TTL != 2*time.Hour || got.Cache.Threshold != 0.9 || got.Upstream.BaseURL != "http://file/v1" {
		t.Errorf("%+v", got.Config)
	}
	if got.origins["listen"].String() != "--listen" || got.origins["cache.ttl"].String() != "ASKONCE_CACHE_TTL" || got.origins["cache.threshold"].line != 2 {
		t.Errorf("origins: %v", got.origins)
	}
}

func TestDefaultData(t *testing.T) {
	for want, env := range map[string][]string{
		"/x/askonce":                   {"XDG_DATA_HOME=/x", "HOME=/home/a"},
		"/home/a/.local/share/askonce": {"HOME=/home/a"},
		"/home/b/.local/share/askonce": {"XDG_DATA_HOME=relative", "HOME=/home/b"},
	} {
		if got := defaultData(lookup(env)); got != want {
			t.Errorf("%v: %s, want %s", env, got, want)
		}
	}
	t.Setenv("HOME", "")
	if got := defaultData(lookup(nil)); got != "askonce-data" {
		t.Errorf("without a home: %s", got)
	}
}

func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	writeFile(t, key, "sk-from-file\n")
	l, err := load(ConfigFlags{}, []string{"ASKONCE_UPSTREAM_API_KEY_FILE=" + key})
	if err != nil || l.Upstream.APIKey.reveal() != "sk-from-file" {
		t.Errorf("%q, %v", l.Upstream.APIKey.reveal(), err)
	}
	empty := filepath.Join(dir, "empty")
	writeFile(t, empty, "\n")
	for want, env := range map[string][]string{
		"is set beside upstream.api_key":  {"ASKONCE_UPSTREAM_API_KEY=sk-a", "ASKONCE_UPSTREAM_API_KEY_FILE=" + key},
		"empty is empty":                  {"ASKONCE_UPSTREAM_API_KEY_FILE=" + empty},
		"missing cannot be read: no such": {"ASKONCE_UPSTREAM_API_KEY_FILE=" + filepath.Join(dir, "missing")},
	} {
		if _, err := load(ConfigFlags{}, env); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "sk-") {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "localhost": true, "LocalHost": true, "::ffff:127.0.0.1": true,
		"": false, "0.0.0.0": false, "::": false, "192.168.0.1": false, "localhost.example": false, "127.0.0.1.example": false,
	} {
		if got := isLoopback(host); got != want {
			t.Errorf("%q: %t", host, got)
		}
	}
}

func TestNearest(t *testing.T) {
	candidates := []string{"threshold", "ttl", "mode", "max_bytes"}
	for name, want := range map[string]string{"treshold": "threshold", "tll": "ttl", "max-bytes": "max_bytes", "banana": ""} {
		if got := nearest(name, candidates); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// FuzzFile reads documents of all kinds: never a panic, and every problem says
// what it is.
func FuzzFile(f *testing.F) {
	example, err := os.ReadFile("../../askonce.example.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, doc := range []string{
		string(example), "", "{}", "- a", "listen: {a: b}", "keys: [{id: a}, b]", "namespaces: {a: {ttl: 1h}, b: c}",
		"cache:\n  ttl: |\n    1h\n", "cache: &a {ttl: 1h}\nupstream: *a", "<<: {a: b}", "a: b: c", "? [a]\n: b", "max_body: 1e3",
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		l := &loaded{Config: defaultConfig(lookup(nil)), origins: make(origins)}
		ps := readFile(&l.Config, "f.yaml", doc, l.origins)
		for _, p := range append(ps, l.validate(ps)...) {
			if p.text == "" {
				t.Errorf("a problem without a text: %+v", p)
			}
		}
		l.print(&strings.Builder{})
	})
}
