// Starting the real program for the tests, and talking to it.

package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is an askonce process.
type program struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	logs chan string // what it wrote to stderr, whole, when it has ended
}

// startProgram runs askonce with args until it says where it listens, and ends
// it with the test.
func startProgram(t *testing.T, env []string, args ...string) *program {
	t.Helper()
	p := &program{t: t, cmd: exec.Command("askonce", args...), logs: make(chan string, 1)}
	p.cmd.Env = append(os.Environ(), env...)
	reader, writer := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = writer, writer
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	url := make(chan string, 1)
	go p.read(reader, url)
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.cmd.Wait()
		writer.Close()
	})
	select {
	case p.url = <-url:
	case <-time.After(20 * time.Second):
		t.Fatal("askonce did not say where it listens")
	}
	return p
}

var listening = regexp.MustCompile(`answers at (http://[0-9.:]+)`)

func (p *program) read(from io.Reader, url chan<- string) {
	var all strings.Builder
	for lines := bufio.NewScanner(from); lines.Scan(); {
		all.WriteString(lines.Text() + "\n")
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			url <- found[1]
		}
	}
	p.logs <- all.String()
}

// signal sends a signal.
func (p *program) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// exit waits for the end and returns the exit code and all output.
func (p *program) exit() (code int, output string) {
	p.t.Helper()
	p.cmd.Wait()
	p.cmd.Stderr.(io.Closer).Close()
	return p.cmd.ProcessState.ExitCode(), <-p.logs
}

// stop ends the program in order.
func (p *program) stop() string {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	code, output := p.exit()
	if code != exitOK {
		p.t.Fatalf("exit code %d\n%s", code, output)
	}
	return output
}

// startProvider runs the simulator as a program of its own.
func startProvider(t *testing.T, args ...string) *program {
	t.Helper()
	return startProgram(t, nil, append([]string{"simulate-provider", "--listen", "127.0.0.1:0"}, args...)...)
}

// patient gives the cache more time than a user would, for machines on which
// the race detector and other tests run at the same time.
var patient = []string{
	"ASKONCE_CACHE_BUDGET=20s", "ASKONCE_CACHE_STORE_TIMEOUT=10s", "ASKONCE_CACHE_INDEX_TIMEOUT=10s", "ASKONCE_CACHE_EMBED_TIMEOUT=10s",
}

// startService runs askonce in front of a provider.
func startService(t *testing.T, provider *program, data string, args ...string) *program {
	t.Helper()
	return startProgram(t, patient, append([]string{
		"serve", "--listen", "127.0.0.1:0", "--data", data, "--upstream", provider.url + "/v1"}, args...)...)
}

// answer is a response read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// layer is what the answer's receipt says of where it came from.
func (a answer) layer() string {
	layer, _, _ := strings.Cut(a.header.Get("Askonce-Receipt"), ";")
	return strings.TrimPrefix(layer, "layer=")
}

// send sends a request and reads the answer.
func (p *program) send(method, path, body string, header ...string) answer {
	p.t.Helper()
	req, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(raw)}
}

// whenCached asks a question until the cache can answer it, and never the
// provider: a point is searched from when it is durable, which is shortly after
// its answer was served.
func (p *program) whenCached(question string) answer {
	p.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		a := p.chat(question, false, "Cache-Control", "only-if-cached")
		if a.status != http.StatusGatewayTimeout || time.Now().After(deadline) {
			return a
		}
	}
}

// chat asks a question as a chat completion.
func (p *program) chat(question string, stream bool, header ...string) answer {
	p.t.Helper()
	body, err := json.Marshal(map[string]any{
		"model": "gpt-4o-mini", "stream": stream,
		"messages": []map[string]string{{"role": "user", "content": question}},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return p.send("POST", "/v1/chat/completions", string(body), append(header, "Authorization", "Bearer sk-test")...)
}

// listeningAt finds the addresses in the banner's commands.
var listeningAt = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
