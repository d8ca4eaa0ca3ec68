package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestTiersAreChecked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "askonce.yaml")
	writeFile(t, file, `
tiers:
  trial: {rpm: -1, lane: P3}
  odd: {tpm: 10, count_hits: true}
default_tier: fre
alerts: {webhook: "http://hooks.example.com/secret-path"}
keys:
  - {id: a, tenant: x, role: read, tier: pro, hash: "sha256:`+strings.Repeat("1", 64)+`"}
  - {id: b, tenant: x, role: read, tier: free, hash: "sha256:`+strings.Repeat("2", 64)+`"}
  - {id: c, tenant: y, role: read, tier: gold, hash: "sha256:`+strings.Repeat("3", 64)+`"}
`)
	_, err := load(ConfigFlags{Config: file}, nil)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		"tiers.trial.rpm: -1 is below 0", `tiers.trial.lane: "P3" is none of P0, P1, P2`, "tiers.odd.count_hits",
		`default_tier: "fre" is not a tier; did you mean free?`, "keys[1].tier", `keys[2].tier: "gold" is not a tier`,
		"alerts.webhook: is plain http",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in:\n%s", want, err)
		}
	}
	if strings.Contains(err.Error(), "secret-path") {
		t.Error("the webhook is printed")
	}
}
