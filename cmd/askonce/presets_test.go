package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestPresetsAreListed(t *testing.T) {
	ask := func(args ...string) (string, string, int) {
		var out, errs bytes.Buffer
		code := run(append([]string{"presets"}, args...), &process{Stdout: &out, Stderr: &errs})
		return out.String(), errs.String(), code
	}
	table, _, code := ask("tier-1")
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if code != exitOK || len(lines) != 2 {
		t.Fatalf("code %d:\n%s", code, table)
	}
	if got := strings.Fields(lines[1]); strings.Join(got[:4], " ") != "openai/gpt-4o/tier-1 500 30,000 10,000" {
		t.Errorf("got %q", got)
	}
	text, _, _ := ask("anthropic", "--json")
	var list []struct {
		Name, Source, Date string
		Axes               []struct {
			Unit  string
			Limit int64
		}
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list) != 4 {
		t.Fatalf("%d presets: %v", len(list), err)
	}
	for _, p := range list {
		if p.Source == "" || p.Date == "" || !strings.HasPrefix(p.Name, "anthropic/") {
			t.Errorf("got %+v", p)
		}
	}
	if _, errs, code := ask("openai/gpt4o/tier-1"); code != exitFailed || !strings.Contains(errs, "openai/gpt-4o/tier-1") {
		t.Errorf("code %d: %s", code, errs)
	}
}
