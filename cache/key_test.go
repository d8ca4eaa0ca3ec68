package cache_test

import (
	"encoding/hex"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy/guard"
)

var update = flag.Bool("update", false, "write the golden files anew; a changed key or scope is a migration")

// keyCases are one request of every kind, and for each what must and must not
// change its key.
func keyCases(t *testing.T) map[string]*cache.Request {
	origin := cache.Origin{Upstream: "https://api.openai.com/v1"}
	request := func(ep llm.Endpoint, body string, origin cache.Origin) *cache.Request {
		view, err := llm.ParseRequest(ep, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return cache.NewRequest("acme", "shop", origin, view)
	}
	const hello = `{"model":"gpt-4o","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hello"}]}`
	return map[string]*cache.Request{
		"prompt":             cache.NewPrompt("acme", "shop", "Hello"),
		"prompt, default ns": cache.NewPrompt("acme", "", "Hello"),
		"chat":               request(llm.Chat, hello, origin),
		"chat, streamed":     request(llm.Chat, strings.Replace(hello, "{", `{"stream":true,"user":"u",`, 1), origin),
		"chat, other text":   request(llm.Chat, strings.Replace(hello, "Hello", "Goodbye", 1), origin),
		"chat, other model":  request(llm.Chat, strings.Replace(hello, "gpt-4o", "gpt-4o-mini", 1), origin),
		"chat, other system": request(llm.Chat, strings.Replace(hello, "brief", "long", 1), origin),
		"chat, beta header":  request(llm.Chat, hello, cache.Origin{Upstream: origin.Upstream, Headers: []string{"Openai-Beta: x"}}),
		"chat, query":        request(llm.Chat, hello, cache.Origin{Upstream: origin.Upstream, Query: "api-version=1"}),
		"chat, elsewhere":    request(llm.Chat, hello, cache.Origin{Upstream: "http://localhost:11434/v1"}),
		"completions":        request(llm.Completions, `{"model":"m","prompt":"Hello"}`, origin),
		"embeddings":         request(llm.Embeddings, `{"model":"m","input":"Hello"}`, origin),
	}
}

// TestKeysAreGolden pins every key and scope: entries outlive programs, so a
// change here makes all stored entries unreachable and needs a migration.
func TestKeysAreGolden(t *testing.T) {
	const file = "testdata/keys.golden"
	cases := keyCases(t)
	got := make(map[string]string)
	for name, r := range cases {
		got[name] = r.Key.String() + " " + hex.EncodeToString(r.Scope[:])
	}
	if *update {
		writeGolden(t, file, got)
	}
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range strings.Lines(string(golden)) {
		name, want, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if got[name] != want {
			t.Errorf("%s: got %s, want %s", name, got[name], want)
		}
		lines++
	}
	if lines != len(cases) {
		t.Errorf("%d goldens for %d cases", lines, len(cases))
	}
}

func writeGolden(t *testing.T, file string, got map[string]string) {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(got)) {
		fmt.Fprintf(&b, "%s: %s\n", name, got[name])
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestKeysAndScopesTellApart(t *testing.T) {
	cases := keyCases(t)
	chat := cases["chat"]
	if r := cases["chat, streamed"]; r.Key != chat.Key || r.Scope != chat.Scope {
		t.Error("a stream and a document of the same question have different keys")
	}
	if r := cases["chat, other text"]; r.Key == chat.Key || r.Scope != chat.Scope {
		t.Error("another text must have another key in the same scope")
	}
	for _, name := range []string{"chat, other model", "chat, other system", "chat, beta header", "chat, query", "chat, elsewhere"} {
		if r := cases[name]; r.Key == chat.Key || r.Scope == chat.Scope {
			t.Errorf("%s shares key or scope with the plain request", name)
		}
	}
	if cases["embeddings"].Scope != (cache.Scope{}) {
		t.Error("embeddings have a scope, but no semantic layer")
	}
}

func TestKeyText(t *testing.T) {
	key := keyCases(t)["chat"].Key
	back, err := cache.ParseKey(key.String())
	if err != nil || back != key {
		t.Errorf("ParseKey(String) = %v, %v", back, err)
	}
	for _, bad := range []string{"", "abc", strings.Repeat("g", 64), key.String() + "00"} {
		if _, err := cache.ParseKey(bad); err == nil {
			t.Errorf("ParseKey(%q) took it", bad)
		}
	}
}

func TestReceiptCompact(t *testing.T) {
	tests := []struct {
		receipt cache.Receipt
		want    string
	}{
		{cache.Receipt{Layer: cache.LayerExact}, "layer=exact"},
		{cache.Receipt{Layer: cache.LayerSemantic, Nearest: .97125, HasNearest: true, RunnerUp: .9, HasRunnerUp: true, Threshold: .95, ThresholdVersion: "default"},
			"layer=semantic;score=0.9712;runner-up=0.9000;threshold=0.95;version=default"},
		{cache.Receipt{Reason: cache.ReasonBelowThreshold, Nearest: .5, HasNearest: true, Threshold: .95, ThresholdVersion: "v3", Clamped: true, Joined: true, Degraded: []string{"store", "index"}},
			"layer=none;reason=below_threshold;score=0.5000;threshold=0.95;version=v3;clamped;joined;degraded=store+index"},
		{cache.Receipt{Reason: cache.ReasonGuarded, Nearest: .97, HasNearest: true, Threshold: .9, ThresholdVersion: "config", Score: cache.ScoreVerified, Refused: guard.Of(guard.Numbers)},
			"layer=none;reason=guard_refused;cosine=0.9700;threshold=0.9;version=config;guards=numbers"},
		{cache.Receipt{Layer: cache.LayerSemantic, Nearest: .87, HasNearest: true, Threshold: .9, ThresholdVersion: "default", Score: cache.ScoreVerified, Verified: .95, HasVerified: true},
			"layer=semantic;score=0.9500;by=verified;cosine=0.8700;threshold=0.9;version=default"},
	}
	for _, test := range tests {
		if got := string(test.receipt.AppendCompact(nil)); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
