package prefix_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/askonce/askonce/policy/prefix"
)

var update = flag.Bool("update", false, "write the goldens again")

// TestGoldens holds what each rewrite writes. A golden has a request, the
// earlier requests of its place if any ("before", one to a line, each seen eight
// times over), the body that goes out, and the moves.
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			request := []byte(part(archive, "request"))
			opts := prefix.Options{Lossless: prefix.On, Text: prefix.On, Learned: after(part(archive, "before"))}
			result := prefix.Order(request, opts)
			got := &txtar.Archive{Comment: archive.Comment, Files: []txtar.File{
				{Name: "request", Data: line(request)},
			}}
			if before := part(archive, "before"); before != "" {
				got.Files = append(got.Files, txtar.File{Name: "before", Data: line([]byte(before))})
			}
			got.Files = append(got.Files,
				txtar.File{Name: "sent", Data: line(readable(result.Body))},
				txtar.File{Name: "moves", Data: describe(result)})
			compare(t, file, archive, got)
		})
	}
}

// after is a history that has seen the bodies, one to a line.
func after(bodies string) func(string) prefix.Seen {
	history := prefix.NewHistory()
	seen := history.At("test")
	for body := range strings.Lines(bodies) {
		prefix.Order([]byte(strings.TrimSpace(body)), prefix.Options{Text: prefix.Observe, Learned: seen})
	}
	return seen
}

// readable puts the line ends of texts into the golden.
func readable(body []byte) []byte { return bytes.ReplaceAll(body, []byte(`\n`), []byte("\\n\n")) }

func describe(r prefix.Result) []byte {
	var b bytes.Buffer
	for _, m := range r.Moves {
		state := "made"
		if m.Held != "" {
			state = "held: " + m.Held
		}
		fmt.Fprintf(&b, "%s %s: %s, %s: %q\n", m.Kind, m.Place, m.Reason, state, m.Text)
	}
	if r.Discarded != "" {
		fmt.Fprintf(&b, "discarded: %s\n", r.Discarded)
	}
	return b.Bytes()
}

func compare(t *testing.T, file string, want, got *txtar.Archive) {
	t.Helper()
	text := txtar.Format(got)
	if *update {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(txtar.Format(want), text) {
		t.Errorf("differs from %s, which -update writes again:\n%s", file, text)
	}
}

func part(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return strings.TrimSpace(string(f.Data))
		}
	}
	return ""
}

func line(text []byte) []byte { return append(bytes.TrimSpace(text), '\n') }
