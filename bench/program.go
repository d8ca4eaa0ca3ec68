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

// askonceProgram is its package, from the module above.
const askonceProgram = "./cmd/askonce"

// buildProgram builds a package of the module above, without cgo.
func buildProgram(ctx context.Context, pkg, binary string) error {
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, pkg)
	build.Dir = ".."
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s (is this run in bench/?): %w\n%s", pkg, err, output)
	}
	return nil
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

// startBaseline starts this program in another role.
func (b *bench) startBaseline(ctx context.Context, role string, args ...string) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(b.folder, role+"-")
	if err != nil {
		return nil, err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	p, _, err := startProcess(ctx, role, folder, addr, program, append([]string{role, addr}, args...)...)
	return p, err
}
