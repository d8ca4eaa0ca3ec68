// A part as a process that can be killed, frozen and started again.

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	startLimit = 30 * time.Second
	stopLimit  = 40 * time.Second
)

// process is a part that listens on an address.
type process struct {
	name    string
	addr    string
	program string
	args    []string
	environ []string
	output  string                  // file that takes what it prints
	alive   func(addr string) error // says whether it serves
	cmd     *exec.Cmd
	ended   chan struct{} // closed when it is gone
}

// start runs the process and waits until it serves.
func (p *process) start(ctx context.Context) error {
	output, err := os.OpenFile(p.output, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer output.Close()
	cmd := exec.Command(p.program, p.args...)
	cmd.Env = append(plainEnvironment(), p.environ...)
	cmd.Stdout, cmd.Stderr = output, output
	endWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	ended := make(chan struct{})
	p.cmd, p.ended = cmd, ended
	go func() {
		_ = cmd.Wait() // how it ended shows in its output
		close(ended)
	}()
	return p.await(ctx)
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

// await returns when the process serves.
func (p *process) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		err := p.alive(p.addr)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended instead of serving; it printed:\n%s", p.name, p.printed())
		default:
		}
		if !pause(ctx, 20*time.Millisecond) {
			return fmt.Errorf("%s does not serve: %w; it printed:\n%s", p.name, err, p.printed())
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

// kill ends the process without warning.
func (p *process) kill() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// terminate asks the process to end and waits until it has.
func (p *process) terminate() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	select {
	case <-p.ended:
	case <-time.After(stopLimit):
		p.kill()
		return fmt.Errorf("%s did not end within %v of SIGTERM", p.name, stopLimit)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("%s ended with exit code %d after SIGTERM; it printed:\n%s", p.name, code, p.printed())
	}
	return nil
}

// accepts is alive for what has no better question.
func accepts(addr string) error {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return err
	}
	return conn.Close()
}

// healthy is alive for askonce.
func healthy(addr string) error {
	resp, err := http.Get("http://" + addr + "/healthz")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}

// freeAddr is a loopback address that nobody listens on at the moment.
func freeAddr() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
