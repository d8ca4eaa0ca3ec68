package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/askonce/askonce/cache/rediscache/redistest"
)

// askonce runs the program to its end.
func askonce(t *testing.T, stdin io.Reader, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.Command("askonce", args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// succeeds runs the program, which must end with exit code 0.
func succeeds(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	code, stdout, stderr := askonce(t, nil, args...)
	if code != exitOK {
		t.Fatalf("askonce %q: exit code %d\n%s", args, code, stderr)
	}
	return stdout, stderr
}

// wantsIn fails the test if a text does not hold all of the parts.
func wantsIn(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}

const (
	asked    = "How do I reset my password?"
	reworded = "How can I reset my password?"
)

// wantsHits asks a service what was asked where the file was written: the same
// words, and others.
func wantsHits(t *testing.T, p *program) {
	t.Helper()
	for question, layer := range map[string]string{asked: "exact", reworded: "semantic"} {
		a := p.chat(question, false, "Cache-Control", "only-if-cached")
		if a.status != http.StatusOK || a.layer() != layer {
			t.Errorf("%q: status %d, layer %q, want %q (%s)", question, a.status, a.layer(), layer, a.header.Get("Askonce-Receipt"))
		}
	}
}

// filled runs a service until a question is answered, and returns its folder.
func filled(t *testing.T, provider *program) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	p := startService(t, provider, data)
	if a := p.chat(asked, false); a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	if code, _, stderr := askonce(t, nil, "export", "--data", data, filepath.Join(t.TempDir(), "x")); code != exitFailed ||
		!strings.Contains(stderr, "is in use by another askonce") {
		t.Errorf("export of a folder in use: exit code %d, %s", code, stderr)
	}
	p.stop()
	return data
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, to, string(text))
}

// TestExportImport moves a service to another folder as a user would.
func TestExportImport(t *testing.T) {
	provider := startProvider(t)
	data := filled(t, provider)
	file := filepath.Join(t.TempDir(), "cache.jsonl.zst")
	stdout, stderr := succeeds(t, "export", "--data", data, file)
	wantsIn(t, stdout, "exported 1 entry, 1 of them with vectors")
	wantsIn(t, stderr, "callers without a configured key have 1 entry: move the secret along")
	if stat, err := os.Stat(file); err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", stat.Mode(), err)
	}
	if code, _, stderr := askonce(t, nil, "export", "--data", data, file); code != exitFailed || !strings.Contains(stderr, "is there already") {
		t.Errorf("export to a file that is there: exit code %d, %s", code, stderr)
	}

	other := filepath.Join(t.TempDir(), "other")
	stdout, stderr = succeeds(t, "import", "--data", other, file)
	wantsIn(t, stdout, "1 written", "1 taken over, 0 computed", "0 bad lines")
	wantsIn(t, stderr, "will not be found: the secret here is another one")
	if strings.Contains(stdout+stderr, "password") {
		t.Error("a prompt was printed")
	}
	copyFile(t, filepath.Join(data, "secret"), filepath.Join(other, "secret"))
	stdout, stderr = succeeds(t, "import", "--data", other, file)
	wantsIn(t, stdout, "0 written", "1 here already")
	if stderr != "" {
		t.Errorf("stderr: %s", stderr)
	}
	wantsHits(t, startService(t, provider, other))
}

// TestExportImportOnRedis moves answers to Redis, and back through a pipe.
func TestExportImportOnRedis(t *testing.T) {
	provider := startProvider(t)
	data := filled(t, provider)
	server := redistest.Start(t)
	secret, err := os.ReadFile(filepath.Join(data, "secret"))
	if err != nil {
		t.Fatal(err)
	}
	server.Do(t, "SET", "askonce:secret", secret)
	file := filepath.Join(t.TempDir(), "cache.jsonl.zst")
	succeeds(t, "export", "--data", data, file)
	vectors := filepath.Join(t.TempDir(), "vectors")
	_, stderr := succeeds(t, "import", "--data", vectors, "--redis", server.URL(), file)
	if stderr != "" {
		t.Errorf("stderr: %s", stderr)
	}
	p := startService(t, provider, vectors, "--redis", server.URL())
	wantsHits(t, p)

	// The folder with the vectors is in use; the answers are not.
	code, piped, stderr := askonce(t, nil, "export", "--no-vectors", "--redis", server.URL(), "-")
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	wantsIn(t, stderr, "exported 1 entry, 0 of them with vectors")
	back := filepath.Join(t.TempDir(), "back")
	copyFile(t, filepath.Join(data, "secret"), filepath.Join(back, "secret"))
	code, stdout, stderr := askonce(t, strings.NewReader(piped), "import", "--data", back, "-")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	wantsIn(t, stdout, "1 written", "0 taken over, 1 computed")
	wantsHits(t, startService(t, provider, back))
}

// TestExportResume goes on with what an interrupted export left, whatever its
// last bytes are.
func TestExportResume(t *testing.T) {
	data := filled(t, startProvider(t))
	file := filepath.Join(t.TempDir(), "cache.jsonl.zst")
	succeeds(t, "export", "--data", data, file)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(file)
	writeFile(t, file+".part", string(whole[:len(whole)-9]))
	if code, _, stderr := askonce(t, nil, "export", "--data", data, file); code != exitFailed || !strings.Contains(stderr, "go on with --resume") {
		t.Errorf("export beside a part: exit code %d, %s", code, stderr)
	}
	code, _, stderr := askonce(t, nil, "export", "--resume", "--no-vectors", "--data", data, file)
	if code != exitFailed || !strings.Contains(stderr, "this cache of no embedder") {
		t.Errorf("going on with another kind of file: exit code %d, %s", code, stderr)
	}
	stdout, _ := succeeds(t, "export", "--resume", "--data", data, file)
	wantsIn(t, stdout, "exported 0 entries", "1 were in the file already")
	if _, err := os.Stat(file + ".part"); err == nil {
		t.Error("the part is still there")
	}
	stdout, _ = succeeds(t, "import", "--data", filepath.Join(t.TempDir(), "other"), file)
	wantsIn(t, stdout, "1 written")
}

// TestImportDamaged: what can be read is imported, and the rest is named.
func TestImportDamaged(t *testing.T) {
	data := filled(t, startProvider(t))
	file := filepath.Join(t.TempDir(), "cache.jsonl.zst")
	succeeds(t, "export", "--data", data, file)
	packed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, string(packed[:len(packed)-9]))
	code, stdout, stderr := askonce(t, nil, "import", "--data", filepath.Join(t.TempDir(), "cut"), file)
	if code != exitFailed {
		t.Errorf("a file that was cut off: exit code %d", code)
	}
	wantsIn(t, stdout, "1 written")
	wantsIn(t, stderr, "the file ends early")

	lines := strings.SplitAfter(unpack(t, packed), "\n")
	text := lines[0] + "{\"prompt\": \"my secret\n" + lines[1] + lines[2]
	code, stdout, stderr = askonce(t, strings.NewReader(text), "import", "--data", filepath.Join(t.TempDir(), "lines"), "-")
	if code != exitOK || strings.Contains(stderr, "secret\n") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	wantsIn(t, stdout, "1 written", "1 bad line")
	wantsIn(t, stderr, "stdin: line 2: it is not JSON")
	code, stdout, _ = askonce(t, strings.NewReader(text), "import", "--strict", "--data", filepath.Join(t.TempDir(), "strict"), "-")
	if code != exitFailed || !strings.Contains(stdout, "0 written") {
		t.Errorf("--strict: exit code %d: %s", code, stdout)
	}
}

func unpack(t *testing.T, packed []byte) string {
	t.Helper()
	dec, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	text, err := io.ReadAll(dec)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestHealth asks a service that is well, one that is not, and none.
func TestHealth(t *testing.T) {
	p := startService(t, startProvider(t), filepath.Join(t.TempDir(), "data"))
	succeeds(t, "health", "--url", p.url)
	t.Setenv("ASKONCE_LISTEN", "0.0.0.0"+p.url[strings.LastIndexByte(p.url, ':'):])
	succeeds(t, "health")

	ill := httptest.NewServer(http.NotFoundHandler())
	defer ill.Close()
	for url, want := range map[string]string{ill.URL: "answered 404", "http://127.0.0.1:1": "connection refused", "here": "--url"} {
		code, _, stderr := askonce(t, nil, "health", "--url", url)
		if code != exitFailed || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit code %d, %s", url, code, stderr)
		}
	}
}

func TestLocalURL(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080", ":8080": "http://127.0.0.1:8080", "0.0.0.0:80": "http://127.0.0.1:80",
		"[::]:80": "http://[::1]:80", "cache.local:80": "http://cache.local:80", "127.0.0.1:0": "", "here": "",
	} {
		if got, err := localURL(addr); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v, want %q", addr, got, err, want)
		}
	}
}
