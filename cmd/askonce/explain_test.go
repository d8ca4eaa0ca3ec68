// Explanations as a terminal shows them, and by a running service.

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/askonce/askonce/api"
)

const templated = `{"model":"gpt-4o","messages":[{"role":"system","content":"You are a helper.\nCurrent time: 10:35:22\n\nAlways answer in English."},` +
	`{"role":"user","content":"Where is my parcel?"}]}`

// TestExplainInColours holds what a terminal gets, with names for its escape
// sequences.
func TestExplainInColours(t *testing.T) {
	file, golden := filepath.Join(t.TempDir(), "request.json"), "testdata/explain_coloured.txt"
	writeFile(t, file, templated)
	var x api.Explanation
	if err := json.Unmarshal([]byte(command(t, "explain", file, "--json")), &x); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	shown := explanation{w: &out, Explanation: &x, palette: coloured}
	shown.print()
	got := strings.NewReplacer(coloured.added, "{green}", coloured.removed, "{red}", coloured.faint, "{faint}", coloured.bold, "{bold}",
		coloured.warning, "{yellow}", coloured.end, "{end}").Replace(out.String())
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || got != string(want) {
		t.Errorf("%v; run with -update and look at the difference:\n%s", err, got)
	}
}

// TestExplainByAService: what a service has learned shows, and asking teaches it
// nothing.
func TestExplainByAService(t *testing.T) {
	t.Parallel()
	provider := startProvider(t, "--latency", "0s", "--token-interval", "0s")
	service := startService(t, provider, filepath.Join(t.TempDir(), "data"))
	file := filepath.Join(t.TempDir(), "request.json")
	writeFile(t, file, templated)
	for range 2 {
		shown := command(t, "explain", file, "--server", service.url)
		if !strings.Contains(shown, "+│ Current time: 10:35:22") || !strings.Contains(shown, "no earlier requests of the namespace and model are known") {
			t.Errorf("got\n%s", shown)
		}
	}
	if n := calls(t, provider); n != 0 {
		t.Errorf("the provider was asked %d times", n)
	}
}
