// Child processes: starting, watching, stopping, and what they used.

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server that was started for the bench.
type process struct {
	name   string
	addr   string // it listens on
	cmd    *exec.Cmd
	output string        // file that holds what it printed
	ended  chan struct{} // closed when it is gone
}

const (
	startLimit = 30 * time.Second
	stopLimit  = 15 * time.Second
	pollEvery  = 500 * time.Microsecond
)

// needsProc is why processor time and memory are not measured.
const needsProc = "needs the /proc of Linux"

// startProcess starts a server in a folder of its own and waits until it is
// ready. It also returns how long that took.
func startProcess(ctx context.Context, ready readiness, name, folder, addr, program string, args ...string) (*process, time.Duration, error) {
	output, err := os.Create(filepath.Join(folder, "output.txt"))
	if err != nil {
		return nil, 0, err
	}
	defer output.Close()
	p := &process{name: name, addr: addr, output: output.Name(), ended: make(chan struct{})}
	p.cmd = exec.Command(program, args...)
	p.cmd.Dir, p.cmd.Env = folder, plainEnvironment()
	p.cmd.Stdout, p.cmd.Stderr = output, output
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, 0, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended shows in its output
		close(p.ended)
	}()
	if err := p.wait(ctx, ready); err != nil {
		return nil, 0, errors.Join(err, p.stop())
	}
	return p, time.Since(began), nil
}

// plainEnvironment is ours without the settings of a service of the user's.
func plainEnvironment() []string {
	var plain []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "ASKONCE_") {
			plain = append(plain, variable)
		}
	}
	return plain
}

// readiness asks the server on an address once if it serves.
type readiness func(ctx context.Context, addr string) error

// healthy asks /healthz.
func healthy(ctx context.Context, addr string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/healthz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

func (p *process) wait(ctx context.Context, ready readiness) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		err := ready(ctx, p.addr)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended instead of serving; it printed:\n%s", p.name, p.printed())
		case <-ctx.Done():
			return fmt.Errorf("%s does not serve on %s: %w; it printed:\n%s", p.name, p.addr, err, p.printed())
		case <-poll.C:
		}
	}
}

// printed is the end of what the process printed.
func (p *process) printed() string {
	const enough = 4000
	text, err := os.ReadFile(p.output)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-enough):])
}

// stop asks the process to end, and kills it if it does not. A nil process has
// ended.
func (p *process) stop() error {
	if p == nil {
		return nil
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // fails only if it has ended
	select {
	case <-p.ended:
		return nil
	case <-time.After(stopLimit):
		_ = p.cmd.Process.Kill()
		<-p.ended
		return fmt.Errorf("%s did not end within %v of SIGTERM", p.name, stopLimit)
	}
}

// cpu is the processor time that the process has used, to the 10 ms of
// /proc/PID/stat. Other systems than Linux return an error.
func (p *process) cpu() (time.Duration, error) {
	const (
		userTime, systemTime = 11, 12 // fields behind the name, from 0; see proc(5)
		tick                 = time.Second / 100
	)
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	var ticks int64
	for _, field := range []int{userTime, systemTime} {
		n, err := strconv.ParseInt(string(fields[field]), 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// rss is the memory of the process that is resident now, in bytes. Other
// systems than Linux return an error.
func (p *process) rss() (int64, error) {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(statm))
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// freeAddr is a loopback address that nobody listens on at the moment.
func freeAddr() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
