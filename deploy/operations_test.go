// docs/operations.md against the code: every metric is explained, none is
// invented, and the log lines to watch for are written somewhere.

package deploy_test

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const operations = "../docs/operations.md"

// TestMetricsAreExplained compares the tables of section 12 with the code.
func TestMetricsAreExplained(t *testing.T) {
	defined := make(map[string]bool)
	name := regexp.MustCompile(`(?:Name:\s*|NewDesc\(\s*|desc\(|counters\(|gauge\(\s*)"(askonce_[a-z0-9_]+)"`)
	for _, m := range name.FindAllStringSubmatch(code(t), -1) {
		defined[m[1]] = true
	}
	explained := make(map[string]bool)
	for line := range strings.SplitSeq(read(t, operations), "\n") {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		for _, m := range regexp.MustCompile("`(askonce_[a-z0-9_]+)`").FindAllStringSubmatch(cell, -1) {
			if strings.HasPrefix(line, "| `askonce_") {
				explained[m[1]] = true
			}
		}
	}
	if len(defined) < 20 {
		t.Fatalf("found only %d metrics in the code", len(defined))
	}
	for _, metric := range slices.Sorted(maps.Keys(defined)) {
		if !explained[metric] {
			t.Errorf("%s is not explained", metric)
		}
	}
	for _, metric := range slices.Sorted(maps.Keys(explained)) {
		if !defined[metric] {
			t.Errorf("%s is explained and does not exist", metric)
		}
	}
}

// TestLogLinesExist looks for the messages of section 11 in the code.
func TestLogLinesExist(t *testing.T) {
	text := read(t, operations)
	_, section, ok := strings.Cut(text, "## 11. Logs")
	section, _, ok2 := strings.Cut(section, "\n## ")
	if !ok || !ok2 {
		t.Fatal("there is no section on logs")
	}
	source, found := code(t), 0
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(section, -1) {
		found++
		if !strings.Contains(source, `"`+strings.TrimSuffix(m[1], "…")) {
			t.Errorf("nothing logs %q", m[1])
		}
	}
	if found < 5 {
		t.Errorf("found only %d log lines", found)
	}
}

// code is the text of all product code.
func code(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, folder := range []string{"api", "cache", "cmd", "embed", "policy", "upstream"} {
		err := filepath.WalkDir("../"+folder, func(path string, _ fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				all.WriteString(read(t, path))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// TestKeysExist: every key that docs/operations.md names is one that
// `askonce check` prints.
func TestKeysExist(t *testing.T) {
	check := exec.Command(build(t), "check", "--listen", "127.0.0.1:0", "--data", t.TempDir())
	check.Env = []string{"HOME=" + t.TempDir()}
	out, err := check.Output()
	if err != nil {
		t.Fatal(err)
	}
	known, sections := make(map[string]bool), make(map[string]bool)
	var section string
	for _, m := range regexp.MustCompile(`(?m)^( *)([a-z0-9_]+):`).FindAllStringSubmatch(string(out), -1) {
		if m[1] == "" {
			section = m[2]
			sections[section] = true
			continue
		}
		known[section+"."+m[2]] = true
	}
	for _, m := range regexp.MustCompile("`([a-z_]+)\\.([a-z0-9_]+)(?::[^`]*)?`").FindAllStringSubmatch(read(t, operations), -1) {
		key := m[1] + "." + m[2]
		if _, err := os.Stat(key); err == nil {
			continue // a file of this folder
		}
		if sections[m[1]] && !known[key] {
			t.Errorf("%s is no key", key)
		}
	}
	if len(known) < 20 {
		t.Errorf("askonce check printed %d keys only:\n%s", len(known), out)
	}
}
