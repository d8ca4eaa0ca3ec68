// The askonce program: building it, and starting it as a user would.

package main

import (
	"context"
	"errors"
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
func (b *bench) startAskonce(ctx context.Context, flags ...string) (*process, time.Duration, error) {
	folder, err := os.MkdirTemp(b.folder, "askonce-")
	if err != nil {
		return nil, 0, err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, 0, err
	}
	args := []string{"serve", "--listen", addr, "--data", filepath.Join(folder, "data"), "--upstream", "http://" + b.echo.addr + "/v1"}
	return startProcess(ctx, healthy, "askonce", folder, addr, b.binary, append(args, flags...)...)
}

// Settings of the cache. Where stores are servers, patience keeps a busy machine
// from turning a hit into a miss, which would end the run: what is measured is
// how long a hit takes, not whether it was in time.
const (
	forgetful    = "cache: {score: cosine, vector_bytes: 0}\n" // by the cosine, of which the figures tell; every question is embedded, however often it comes
	patience     = "cache: {score: cosine, budget: 20s, store_timeout: 10s, index_timeout: 10s, embed_timeout: 10s, vector_bytes: 0}\n"
	noFirstLevel = "cache: {budget: 20s, store_timeout: 10s, l1_bytes: 0}\n" // every hit is one of the store
)

// startConfigured is startAskonce with a configuration file.
func (b *bench) startConfigured(ctx context.Context, config string) (*process, error) {
	file, err := os.CreateTemp(b.folder, "askonce-*.yaml") // private: it may hold a key
	if err != nil {
		return nil, err
	}
	_, err = file.WriteString(config)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	p, _, err := b.startAskonce(ctx, "--config", file.Name())
	return p, err
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
	p, _, err := startProcess(ctx, healthy, role, folder, addr, program, append([]string{role, addr}, args...)...)
	return p, err
}
