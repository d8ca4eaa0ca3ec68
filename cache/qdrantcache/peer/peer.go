// The peer's process: start, kill, restart.

package peer

import (
	"bufio"
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

//go:embed *.py
var program embed.FS

// startTimeout is for a machine that is busy with other tests.
const startTimeout = time.Minute

// Options says how to start a peer. The zero value works.
type Options struct {
	// APIKey is what callers must send. Empty: anybody may call.
	APIKey string
}

// Peer is a running server, or one that was killed and can be restarted on
// the same address with the same data.
type Peer struct {
	python  string
	folder  string // the program and its storage
	options Options
	addr    string

	mu      sync.Mutex
	process *process // nil while it is down
}

// Start runs a peer with an empty storage.
func Start(o Options) (*Peer, error) {
	python, err := findPython()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(storageParent(), "askonce-qdrant-peer-")
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	p := &Peer{python: python, folder: folder, options: o, addr: "127.0.0.1:0"}
	if err := os.CopyFS(filepath.Join(folder, "program"), program); err != nil {
		return nil, errors.Join(fmt.Errorf("peer: %w", err), os.RemoveAll(folder))
	}
	if err := p.Restart(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return p, nil
}

// Addr is where the peer listens, as host:port.
func (p *Peer) Addr() string { return p.addr }

// Restart starts the peer again on the same address and data. It is an error
// if it runs.
func (p *Peer) Restart() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process != nil {
		return errors.New("peer: it is running")
	}
	process, addr, err := p.run()
	if err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	p.process, p.addr = process, addr
	return nil
}

// Kill ends the peer without warning, as kill -9 does. The data stays.
func (p *Peer) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process != nil {
		p.process.kill()
		p.process = nil
	}
}

// Close ends the peer and removes its data.
func (p *Peer) Close() error {
	p.Kill()
	return os.RemoveAll(p.folder)
}

// process is one run of the program.
type process struct {
	command *exec.Cmd
	stdin   io.Closer // the program ends when it is closed
	ended   chan struct{}
}

func (p *process) kill() {
	_ = p.command.Process.Kill() // it may have ended by itself
	<-p.ended
	_ = p.stdin.Close()
}

// run starts the program and waits until it listens.
func (p *Peer) run() (*process, string, error) {
	args := []string{
		filepath.Join(p.folder, "program", "peer.py"),
		"--storage", filepath.Join(p.folder, "storage"), "--listen", p.addr,
		"--until-eof", p.folder,
	}
	if p.options.APIKey != "" {
		args = append(args, "--api-key", p.options.APIKey)
	}
	command := exec.Command(p.python, args...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, "", err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := command.Start(); err != nil {
		return nil, "", err
	}
	started := &process{command: command, stdin: stdin, ended: make(chan struct{})}
	addr, err := ready(stdout, startTimeout)
	go func() {
		_ = command.Wait() // how it ended is of no interest: it is killed
		close(started.ended)
	}()
	if err != nil {
		started.kill()
		return nil, "", fmt.Errorf("%s did not start: %w\n%s", p.python, err, stderr.Bytes())
	}
	return started, addr, nil
}

// ready waits for the line that says where the program listens.
func ready(stdout io.ReadCloser, timeout time.Duration) (string, error) {
	late := time.AfterFunc(timeout, func() { stdout.Close() })
	defer late.Stop()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("no address: %w", err)
	}
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if !ok {
		return "", fmt.Errorf("it says %q", line)
	}
	return addr, nil
}
