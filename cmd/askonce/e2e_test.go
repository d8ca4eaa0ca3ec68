// The real program in front of the simulated provider, from the first question
// to the last signal.

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// calls is how often the provider was asked for a chat completion.
func calls(t *testing.T, provider *program) int {
	t.Helper()
	var stats struct {
		Calls map[string]int `json:"calls"`
	}
	if err := json.Unmarshal([]byte(provider.send("GET", "/simulator/stats", "").body), &stats); err != nil {
		t.Fatal(err)
	}
	return stats.Calls["/v1/chat/completions"]
}

func TestEndToEnd(t *testing.T) {
	t.Parallel()
	provider := startProvider(t, "--latency", "0s", "--token-interval", "0s")
	data := filepath.Join(t.TempDir(), "data")
	service := startService(t, provider, data)

	const question, reworded, other = "How do I reset my password?", "How can I reset my password?", "Which planets have rings?"
	first := service.chat(question, false)
	if first.status != http.StatusOK || first.layer() != "none" {
		t.Fatalf("first: status %d, receipt %q", first.status, first.header.Get("Askonce-Receipt"))
	}
	second := service.chat(question, false)
	if second.layer() != "exact" || second.body != first.body {
		t.Errorf("repeat: receipt %q, body equal: %t", second.header.Get("Askonce-Receipt"), second.body == first.body)
	}
	third := service.whenCached(reworded)
	if third.layer() != "semantic" || third.body != first.body {
		t.Errorf("rewording: receipt %q", third.header.Get("Askonce-Receipt"))
	}
	stream := service.chat(question, true)
	if stream.layer() != "exact" || !strings.HasSuffix(stream.body, "data: [DONE]\n\n") {
		t.Errorf("replay: receipt %q, stream %q", stream.header.Get("Askonce-Receipt"), stream.body)
	}
	if n := calls(t, provider); n != 1 {
		t.Errorf("the provider was asked %d times, once was needed", n)
	}

	// Asked right before the end: its durable write is still queued.
	last := service.chat(other, true)
	output := service.stop()
	for _, secret := range []string{question, other, "sk-test"} {
		if strings.Contains(strings.ReplaceAll(output, exampleOf(output), ""), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}

	service = startService(t, provider, data)
	if again := service.chat(other, true); again.layer() != "exact" || last.layer() != "none" {
		t.Errorf("after a restart: receipt %q", again.header.Get("Askonce-Receipt"))
	}
	if again := service.whenCached(reworded); again.layer() != "semantic" || again.body != first.body {
		t.Errorf("a rewording after a restart: receipt %q", again.header.Get("Askonce-Receipt"))
	}
	if n := calls(t, provider); n != 2 {
		t.Errorf("the provider was asked %d times, twice was needed", n)
	}
	service.stop()
}

// exampleOf is the part of the output that shows commands to try.
func exampleOf(output string) string {
	_, example, _ := strings.Cut(output, "Try it:")
	example, _, _ = strings.Cut(example, "\n{")
	return example
}

// TestExamples runs the commands that the banner shows.
func TestExamples(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatal("this test needs curl")
	}
	provider := startProvider(t, "--latency", "0s", "--token-interval", "0s")
	service := startService(t, provider, filepath.Join(t.TempDir(), "data"))
	output := service.stop()
	service = startService(t, provider, filepath.Join(t.TempDir(), "data"))
	var answers []string
	for line := range strings.Lines(exampleOf(output)) {
		if command := strings.TrimSpace(line); strings.HasPrefix(command, "curl") {
			command = listeningAt.ReplaceAllString(command, service.url)
			out, err := exec.Command("sh", "-c", "OPENAI_API_KEY=sk-test; "+command).CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v\n%s", command, err, out)
			}
			answers = append(answers, string(out))
		}
	}
	for i, want := range []string{`"semantic":"stored"`, `"hit":true,"layer":"semantic"`, `"object":"chat.completion"`} {
		if i >= len(answers) || !strings.Contains(answers[i], want) {
			t.Errorf("command %d answered %q, want %s", i+1, answers, want)
		}
	}
}

// TestDrain ends the service while a stream is on its way: the stream arrives
// whole, and nobody new is let in.
func TestDrain(t *testing.T) {
	t.Parallel()
	provider := startProvider(t, "--latency", "200ms", "--token-interval", "20ms")
	service := startService(t, provider, filepath.Join(t.TempDir(), "data"))
	resp, err := http.Post(service.url+"/v1/chat/completions", "application/json",
		strings.NewReader(`{"model":"m","stream":true,"messages":[{"role":"user","content":"Tell me a story."}]}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	service.signal(syscall.SIGTERM)
	body := make([]byte, 0, 1<<16)
	for chunk := make([]byte, 4096); ; {
		n, err := resp.Body.Read(chunk)
		body = append(body, chunk[:n]...)
		if err != nil {
			break
		}
	}
	if !strings.HasSuffix(string(body), "data: [DONE]\n\n") {
		t.Errorf("the stream was cut off: %q", body)
	}
	if code, output := service.exit(); code != exitOK || !strings.Contains(output, "everything_written") {
		t.Errorf("exit code %d\n%s", code, output)
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(service.url, "http://")); err == nil {
		t.Error("the address is still open")
	}
}

// TestReadinessWhileDraining asks whether the service is leaving while it is.
func TestReadinessWhileDraining(t *testing.T) {
	t.Parallel()
	provider := startProvider(t)
	service := startProgram(t, []string{"ASKONCE_DRAIN_DELAY=1m"}, "serve",
		"--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"), "--upstream", provider.url+"/v1")
	if a := service.send("GET", "/readyz", ""); a.status != http.StatusOK {
		t.Errorf("before: status %d", a.status)
	}
	service.signal(syscall.SIGTERM)
	for a := service.send("GET", "/readyz", ""); a.status != http.StatusServiceUnavailable; {
		a = service.send("GET", "/readyz", "")
	}
	service.signal(syscall.SIGTERM) // does not wait for the minute
	if code, output := service.exit(); code != exitFailed || !strings.Contains(output, "second signal") {
		t.Errorf("exit code %d\n%s", code, output)
	}
}

// TestDrainTimeout ends the service while the provider never answers.
func TestDrainTimeout(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "hang.yaml")
	writeFile(t, script, "steps:\n  - match: {text: forever}\n    respond: {hang: true}\n")
	provider := startProvider(t, "--latency", "0s", "--script", script)
	service := startProgram(t, []string{"ASKONCE_DRAIN_TIMEOUT=100ms"}, "serve",
		"--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"), "--upstream", provider.url+"/v1")
	cut := make(chan error, 1)
	go func() {
		resp, err := http.Post(service.url+"/v1/chat/completions", "application/json",
			strings.NewReader(`{"model":"m","messages":[{"role":"user","content":"Wait forever."}]}`))
		if err == nil {
			resp.Body.Close()
		}
		cut <- err
	}()
	for calls(t, provider) == 0 {
		continue
	}
	service.signal(syscall.SIGTERM)
	if code, output := service.exit(); code != exitFailed || !strings.Contains(output, "requests were cut off after 100ms") {
		t.Errorf("exit code %d\n%s", code, output)
	}
	if err := <-cut; err == nil {
		t.Error("the request got an answer")
	}
}

// TestKeys runs the service with the lines that `key new` prints.
func TestKeys(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("askonce", "key", "new", "--tenant", "support").Output()
	if err != nil {
		t.Fatal(err)
	}
	text := string(out)
	key := strings.TrimSpace(strings.Split(text, "\n")[2])
	file := filepath.Join(t.TempDir(), "askonce.yaml")
	writeFile(t, file, text[strings.Index(text, "keys:"):]+"upstream: {api_key: sk-service}\n")

	provider := startProvider(t, "--latency", "0s", "--api-key", "sk-service")
	service := startService(t, provider, filepath.Join(t.TempDir(), "data"), "--config", file)
	const body = `{"model":"m","messages":[{"role":"user","content":"Hello."}]}`
	if a := service.send("POST", "/v1/chat/completions", body); a.status != http.StatusUnauthorized {
		t.Errorf("without a key: status %d", a.status)
	}
	if a := service.send("POST", "/v1/chat/completions", body, "Authorization", "Bearer "+key); a.status != http.StatusOK {
		t.Errorf("with a key: status %d, %s", a.status, a.body)
	}
	if a := service.send("POST", "/v1/cache/invalidate", `{"namespace":"default"}`, "Authorization", "Bearer "+key); a.status != http.StatusForbidden {
		t.Errorf("a write key invalidates: status %d", a.status)
	}
	if output := service.stop(); strings.Contains(output, key) || strings.Contains(output, "sk-service") {
		t.Error("the output holds a key")
	}
}

// TestTaken starts where something is already.
func TestTaken(t *testing.T) {
	t.Parallel()
	provider := startProvider(t)
	data := filepath.Join(t.TempDir(), "data")
	service := startService(t, provider, data)
	address := strings.TrimPrefix(service.url, "http://")
	for _, c := range []struct {
		want string
		args []string
	}{
		{"listen: " + address + " is in use by another program", []string{"serve", "--listen", address, "--data", t.TempDir()}},
		{"listen: " + address + " is in use by another program", []string{"check", "--listen", address, "--data", t.TempDir()}},
		{"data: " + data + " is in use by another askonce", []string{"serve", "--listen", "127.0.0.1:0", "--data", data}},
	} {
		out, err := exec.Command("askonce", c.args...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.want) {
			t.Errorf("askonce %v: %v\n%s", c.args, err, out)
		}
	}
}

// TestMetrics looks at what the registry adds to the cache's own.
func TestMetrics(t *testing.T) {
	t.Parallel()
	provider := startProvider(t, "--latency", "0s", "--token-interval", "0s")
	service := startService(t, provider, filepath.Join(t.TempDir(), "data"))
	stored := service.send("POST", "/v1/cache/store", `{"prompt":"a question","response":"an answer"}`)
	if stored.status != http.StatusCreated {
		t.Fatalf("store: %d %s", stored.status, stored.body)
	}
	metrics := service.send("GET", "/metrics", "").body
	for _, want := range []string{"askonce_store_entries 1\n", "askonce_index_points 1\n", "askonce_store_bytes ", "askonce_build_info{", "go_goroutines "} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %q in the metrics", want)
		}
	}
}

// TestTry runs the questions through the program and through a service that
// runs already. How many semantic hits there are is not held here: with a
// provider that takes no time, questions overtake the points they would find.
func TestTry(t *testing.T) {
	t.Parallel()
	provider := startProvider(t, "--latency", "0s", "--token-interval", "0s")
	service := startService(t, provider, filepath.Join(t.TempDir(), "data"))
	for _, args := range [][]string{
		{"--latency", "0s", "--token-interval", "0s"},
		{"--against", service.url, "--api-key", "sk-test"},
	} {
		out, err := exec.Command("askonce", append([]string{"try", "--json"}, args...)...).Output()
		if err != nil {
			t.Fatalf("try %v: %v", args, err)
		}
		var r struct {
			Requests     int `json:"requests"`
			ExactHits    int `json:"exact_hits"`
			SemanticHits int `json:"semantic_hits"`
			Misses       int `json:"misses"`
			P50          map[string]float64
			TokensSaved  int     `json:"tokens_saved"`
			USDSaved     float64 `json:"usd_saved"`
		}
		if err := json.Unmarshal(out, &r); err != nil || strings.Count(string(out), "\n") != 1 {
			t.Fatalf("try %v printed %v: %s", args, err, out)
		}
		if r.ExactHits+r.SemanticHits+r.Misses != r.Requests || r.ExactHits == 0 || r.Misses == 0 || r.TokensSaved == 0 || r.USDSaved == 0 {
			t.Errorf("try %v: %s", args, out)
		}
	}
	out, err := exec.Command("askonce", "try", "--latency", "0s", "--token-interval", "0s").CombinedOutput()
	for _, want := range []string{"asked", "exact hits", "semantic hits", "misses", "wrong hits", "p50", "p99", "tokens, $"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Fatalf("no %q: %v\n%s", want, err, out)
		}
	}
}

// TestTryFails runs the questions against a provider that fails.
func TestTryFails(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "faults.yaml")
	writeFile(t, script, fmt.Sprintf("steps:\n  - match: {path: /v1/chat/completions, nth: [7]}\n    respond: {status: %d}\n", http.StatusBadRequest))
	provider := startProvider(t, "--latency", "0s", "--token-interval", "0s", "--script", script)
	service := startService(t, provider, filepath.Join(t.TempDir(), "data"))
	cmd := exec.Command("askonce", "try", "--against", service.url, "--api-key", "sk-test")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(string(out), "1 of 197 requests failed") {
		t.Errorf("%v\n%s", err, out)
	}
}
