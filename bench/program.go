// The askonce program: building it, and starting it as a user would.

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// buildProgram builds cmd/askonce of the module above into folder.
func buildProgram(ctx context.Context, folder string) (string, error) {
	binary := filepath.Join(folder, "askonce")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/askonce")
	build.Dir = ".."
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build askonce (run this in bench/): %w\n%s", err, output)
	}
	return binary, nil
}

// startAskonce starts the service with an empty data folder in front of the
// provider.
func (b *bench) startAskonce(ctx context.Context) (*process, time.Duration, error) {
	folder, err := os.MkdirTemp(b.folder, "askonce-")
	if err != nil {
		return nil, 0, err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, 0, err
	}
	return startProcess(ctx, "askonce", folder, addr, b.binary, "serve",
		"--listen", addr, "--data", filepath.Join(folder, "data"), "--upstream", "http://"+b.echo.addr+"/v1")
}

// startEcho starts the bare echo handler.
func (b *bench) startEcho(ctx context.Context) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp(b.folder, "echo-")
	if err != nil {
		return err
	}
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	b.echo, _, err = startProcess(ctx, "echo", folder, addr, program, echoRole, addr)
	return err
}
