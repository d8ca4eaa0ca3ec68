// `askonce tune` as a client of a running service.

package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestTuneOnAServer(t *testing.T) {
	t.Parallel()
	service := startService(t, startProvider(t), filepath.Join(t.TempDir(), "data"))
	file := filepath.Join(t.TempDir(), "lookups.jsonl")
	var rows strings.Builder
	for i := range 400 {
		fmt.Fprintf(&rows, "{\"score\": %v, \"right\": %v}\n", 0.5+float64(i)/1000, i >= 100)
	}
	rows.WriteString("{\"score\": null, \"right\": false}\n")
	writeFile(t, file, rows.String())
	tune := func(args ...string) (string, error) {
		out, err := exec.Command("askonce", append([]string{"tune", "--server", service.url}, args...)...).CombinedOutput()
		return string(out), err
	}
	out, err := tune("--precision", "0.9", file)
	if err != nil || !strings.Contains(out, "lookups.jsonl: 401 labels, verified by all-MiniLM-L6-v2") || !strings.Contains(out, "with confidence 0.95") || strings.Contains(out, "applied") {
		t.Errorf("%v: %s", err, out)
	}
	out, err = tune("--precision", "0.9", "--apply", "--namespace", "faq", file)
	if err != nil || !strings.Contains(out, "applied: version v1 of faq serves at 0.") {
		t.Errorf("%v: %s", err, out)
	}
	if got := service.send("GET", "/v1/thresholds?namespace=faq", ""); !strings.Contains(got.body, `"version":"v1"`) || !strings.Contains(got.body, `"source":"tune"`) {
		t.Errorf("it does not serve: %s", got.body)
	}
	out, err = tune("--precision", "0.9", "--json", file)
	if err != nil || !strings.Contains(out, `"applied":null`) || strings.Count(out, "\n") != 1 {
		t.Errorf("%v: %s", err, out)
	}
	mixed := filepath.Join(t.TempDir(), "mixed.jsonl")
	writeFile(t, mixed, strings.Repeat("{\"score\": 0.9, \"right\": true}\n{\"score\": 0.9, \"right\": false}\n", 100))
	for _, c := range []struct {
		want string
		args []string
	}{
		{"nothing was applied: no threshold could be certified", []string{"--precision", "0.9", "--apply", mixed}},
		{"422 Unprocessable Entity: there are no labels", []string{"--labels", "audit"}},
	} {
		if out, err := tune(c.args...); err == nil || !strings.Contains(out, c.want) {
			t.Errorf("tune %v: %v: %s", c.args, err, out)
		}
	}
}
