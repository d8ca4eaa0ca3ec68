// Building, starting and ending the program.

package clustertest

import (
	"bufio"
	"fmt"
	"io"
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

// patience bounds what happens soon on a machine with little else to do.
const patience = 60 * time.Second

var binary string // the path of the built program

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	folder, err := os.MkdirTemp("", "askonce-clustertest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	binary = filepath.Join(folder, "askonce")
	build := exec.Command("go", "build", "-o", binary, "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is shipped
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "go build ./cmd/askonce:", err)
		return 1
	}
	return m.Run()
}

// program is a process of askonce.
type program struct {
	t     *testing.T
	url   string
	log   *programLog
	cmd   *exec.Cmd
	ended chan struct{} // closed when it is gone
}

// start runs the program until the test ends, and returns when it says where
// it answers.
func start(t *testing.T, environ []string, args ...string) *program {
	t.Helper()
	p := &program{t: t, cmd: exec.Command(binary, args...), ended: make(chan struct{})}
	p.cmd.Env = append(withoutOurs(os.Environ()), environ...)
	output, input := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = input, input
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.log = follow(output)
	go func() {
		p.cmd.Wait()
		input.Close()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("askonce %s:\n%s", strings.Join(args, " "), strings.Join(p.log.since(0), "\n"))
		}
	})
	select {
	case p.url = <-p.log.url:
	case <-p.ended:
		t.Fatalf("askonce %s ended at once", args[0])
	case <-time.After(patience):
		t.Fatalf("askonce %s does not say where it answers", args[0])
	}
	return p
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

// kill ends the program as kill -9 does. One that has ended stays so.
func (p *program) kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

// stop ends the program in order, and demands that it ends well.
func (p *program) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatal("askonce does not end after SIGTERM")
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		p.t.Errorf("askonce ended with exit code %d after SIGTERM", code)
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

// mark is where the log ends now.
func (l *programLog) mark() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lines)
}

// since returns the lines from a mark on.
func (l *programLog) since(mark int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.lines[mark:]...)
}
