// One server process.

package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// startTimeout is for loaded machines; a server starts in a fraction of it.
const startTimeout = 20 * time.Second

// Server is a running redis-server.
type Server struct {
	Port int

	folder  string
	args    []string
	process *exec.Cmd
	exited  chan struct{}
	client  *redis.Client
}

// Start runs a server without persistence until the test ends. Arguments are
// settings as on its command line, such as "--maxmemory", "10mb".
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	return start(tb, "", args...)
}

// start runs a server that reads a configuration file of that text, if there
// is any.
func start(tb testing.TB, config string, args ...string) *Server {
	tb.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		tb.Fatalf("these tests need redis-server (Debian: apt-get install redis-server): %v", err)
	}
	s := &Server{Port: FreePort(tb), folder: tb.TempDir()}
	if config != "" {
		path := filepath.Join(s.folder, "server.conf")
		if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
			tb.Fatal(err)
		}
		s.args = append(s.args, path)
	}
	s.args = append(s.args, "--port", strconv.Itoa(s.Port), "--bind", "127.0.0.1", "--dir", s.folder,
		"--save", "", "--appendonly", "no", "--logfile", "server.log", "--repl-diskless-sync-delay", "0")
	s.args = append(s.args, args...)
	tb.Cleanup(func() { s.end(tb) })
	s.Restart(tb)
	return s
}

// Addr returns host and port.
func (s *Server) Addr() string { return fmt.Sprintf("127.0.0.1:%d", s.Port) }

// URL returns the server's address as a URL.
func (s *Server) URL() string { return "redis://" + s.Addr() }

// Client returns a client for the test's own questions. It tries each once.
func (s *Server) Client() *redis.Client { return s.client }

// Do sends a command and fails the test if the server returns an error.
func (s *Server) Do(tb testing.TB, args ...any) any {
	tb.Helper()
	answer, err := s.client.Do(context.Background(), args...).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		tb.Fatalf("redis %v: %v", args, err)
	}
	return answer
}

// Kill ends the process as a crash does. Without persistence its data is gone.
func (s *Server) Kill(tb testing.TB) {
	tb.Helper()
	if err := s.process.Process.Kill(); err != nil {
		tb.Fatalf("killing redis-server: %v", err)
	}
	<-s.exited
}

// Restart runs the server again on its port, and waits until it answers.
func (s *Server) Restart(tb testing.TB) {
	tb.Helper()
	s.process = exec.Command("redis-server", s.args...)
	dieWithParent(s.process)
	if err := s.process.Start(); err != nil {
		tb.Fatalf("starting redis-server: %v", err)
	}
	exited := make(chan struct{})
	s.exited = exited
	go func() {
		s.process.Wait()
		close(exited)
	}()
	if s.client != nil {
		s.client.Close()
	}
	s.client = redis.NewClient(&redis.Options{Addr: s.Addr(), Password: s.setting("--requirepass"),
		Protocol: 2, DisableIdentity: true, MaxRetries: -1, DialerRetries: 1, PoolSize: 4, PipelinePoolSize: -1})
	s.wait(tb)
}

// setting returns the value of an argument.
func (s *Server) setting(name string) string {
	for i := range len(s.args) - 1 {
		if s.args[i] == name {
			return s.args[i+1]
		}
	}
	return ""
}

// wait returns when the server answers. Its port is tried by hand, because the
// client logs what fails.
func (s *Server) wait(tb testing.TB) {
	tb.Helper()
	Eventually(tb, "redis-server answers", func() bool {
		select {
		case <-s.exited:
			log, _ := os.ReadFile(filepath.Join(s.folder, "server.log"))
			tb.Fatalf("redis-server ended at its start: %s", log)
		default:
		}
		conn, err := net.DialTimeout("tcp", s.Addr(), time.Second)
		if err != nil {
			return false
		}
		conn.Close()
		return s.client.Ping(context.Background()).Err() == nil
	})
}

func (s *Server) end(tb testing.TB) {
	if s.client != nil {
		s.client.Close()
	}
	if s.exited == nil {
		return
	}
	select {
	case <-s.exited:
	default:
		s.Kill(tb)
	}
}

// FreePort returns a port that nobody listens on at present.
func FreePort(tb testing.TB) int {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Eventually asks until the answer is yes.
func Eventually(tb testing.TB, what string, yes func() bool) {
	tb.Helper()
	timeout := time.After(startTimeout)
	every := time.NewTicker(10 * time.Millisecond)
	defer every.Stop()
	for !yes() {
		select {
		case <-every.C:
		case <-timeout:
			tb.Fatalf("after %v still not true: %s", startTimeout, what)
		}
	}
}
