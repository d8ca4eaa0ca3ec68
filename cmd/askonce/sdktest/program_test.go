// Building and starting the program: the service and its provider.

package sdktest

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds a start and a stop, on a machine with much else to do.
const patience = 60 * time.Second

var program string // the path of the built program

// settings of the service that differ from the defaults. Two tries instead of
// five, since each waits for a second and more, by the retry rules. The cache
// may take its time, since a busy machine is no reason for a miss here.
var settings = []string{
	"ASKONCE_UPSTREAM_MAX_TRIES=2",
	"ASKONCE_CACHE_BUDGET=20s",
	"ASKONCE_CACHE_STORE_TIMEOUT=10s",
	"ASKONCE_CACHE_INDEX_TIMEOUT=10s",
	"ASKONCE_CACHE_EMBED_TIMEOUT=10s",
	"ASKONCE_LOG_FORMAT=json",
}

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	folder, err := os.MkdirTemp("", "askonce-sdktest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	program = filepath.Join(folder, "askonce.exe") // a name that every system runs
	build := exec.Command("go", "build", "-o", program, "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is shipped
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "go build ./cmd/askonce:", err)
		return 1
	}
	return m.Run()
}

// startAll starts a provider, the recorder before it, and a service on top,
// and returns where the service and the recorder answer.
func startAll(t *testing.T, flags ...string) (service, provider string) {
	t.Helper()
	script, err := filepath.Abs("testdata/script.yaml")
	if err != nil {
		t.Fatal(err)
	}
	simulator := start(t, nil, "simulate-provider", "--listen", "127.0.0.1:0",
		"--latency", "0s", "--token-interval", "1ms", "--script", script)
	recorder := startRecorder(t, simulator)
	service = start(t, settings, append([]string{
		"serve", "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--upstream", recorder + "/v1",
	}, flags...)...)
	awaitReady(t, service)
	return service, recorder
}

// start runs the program until the test ends and returns the address that it
// says it answers at.
func start(t *testing.T, environ []string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(withoutOurs(os.Environ()), environ...)
	output, input := io.Pipe()
	cmd.Stdout, cmd.Stderr = input, input
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	log := follow(output)
	t.Cleanup(func() {
		stop(t, cmd)
		input.Close()
		if t.Failed() {
			t.Logf("askonce %s:\n%s", args[0], log.text())
		}
	})
	select {
	case url := <-log.url:
		return url
	case <-time.After(patience):
		t.Fatalf("askonce %s does not say where it answers:\n%s", args[0], log.text())
		return ""
	}
}

// withoutOurs leaves out what would configure the program.
func withoutOurs(environ []string) []string {
	kept := environ[:0:0]
	for _, variable := range environ {
		if !strings.HasPrefix(variable, "ASKONCE_") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// stop ends the program as a supervisor does, and demands that it ends well.
func stop(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	kill := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	defer kill.Stop()
	if err := cmd.Wait(); err != nil {
		t.Errorf("askonce %s after SIGTERM: %v", cmd.Args[1], err)
	}
}

// programLog is what a program printed, and the first address in it.
type programLog struct {
	url chan string

	mu    sync.Mutex
	lines []string
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)

// follow reads a program's output to its end.
func follow(output io.Reader) *programLog {
	log := &programLog{url: make(chan string, 1)}
	go func() {
		lines := bufio.NewScanner(output)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			log.add(lines.Text())
		}
	}()
	return log
}

func (l *programLog) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	announced := strings.Contains(line, "answers at") || strings.Contains(line, `"listening"`)
	if url := address.FindString(line); url != "" && announced {
		select {
		case l.url <- url:
		default: // it was said before
		}
	}
}

func (l *programLog) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// awaitReady waits until the service says that all its parts are up.
func awaitReady(t *testing.T, service string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		answer, err := http.Get(service + "/readyz")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
			err = fmt.Errorf("status %s", answer.Status)
		}
		if time.Now().After(deadline) {
			t.Fatalf("the service is not ready: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
