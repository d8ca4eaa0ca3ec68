// The stage: all parts, started and joined.

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const replicaCount = 3

// The provider takes this time, so that an answer from the cache shows.
const (
	latency       = "150ms"
	tokenInterval = "2ms"
)

type stage struct {
	folder   string // for everything that is written; removed at the end
	redis    *process
	qdrant   *process
	provider *process
	replicas []*process

	recorder *recorder
	balancer *balancer
	front    *httptest.Server // of the balancer
	back     *httptest.Server // of the recorder
}

// setUp starts everything. What it returns must be closed, with an error too.
func setUp(ctx context.Context, opts options) (*stage, error) {
	s := &stage{}
	var err error
	if s.folder, err = os.MkdirTemp("", "askonce-chaos-"); err != nil {
		return nil, err
	}
	if opts.askonce == "" {
		say("building askonce")
		opts.askonce = filepath.Join(s.folder, "askonce")
		if err := build(ctx, opts.askonce); err != nil {
			return s, err
		}
	}
	if err := s.startStores(ctx, opts); err != nil {
		return s, err
	}
	if err := s.startProvider(ctx, opts); err != nil {
		return s, err
	}
	return s, s.startReplicas(ctx, opts)
}

func build(ctx context.Context, binary string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "./cmd/askonce")
	cmd.Dir, cmd.Env = "..", append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build askonce (is this run in bench/?): %w\n%s", err, output)
	}
	return nil
}

// part makes a process with a free address and a folder of its own.
func (s *stage) part(name, program string, alive func(string) error) (*process, string, error) {
	folder := filepath.Join(s.folder, name)
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, "", err
	}
	addr, err := freeAddr()
	return &process{name: name, addr: addr, program: program, alive: alive, output: filepath.Join(folder, "output.txt")}, folder, err
}

// startStores runs Redis and the Qdrant peer. Redis writes all it is told to a
// file, so that being killed costs it nothing that it had acknowledged.
func (s *stage) startStores(ctx context.Context, opts options) error {
	redis, folder, err := s.part("redis", "redis-server", accepts)
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(redis.addr)
	if err != nil {
		return err
	}
	redis.args = []string{"--bind", host, "--port", port, "--dir", folder, "--save", "", "--appendonly", "yes"}
	s.redis = redis
	if err := redis.start(ctx); err != nil {
		return err
	}
	qdrant, folder, err := s.part("qdrant", opts.python, accepts)
	if err != nil {
		return err
	}
	qdrant.args = []string{filepath.Join("..", "cache", "qdrantcache", "peer", "peer.py"),
		"--storage", filepath.Join(folder, "storage"), "--listen", qdrant.addr}
	s.qdrant = qdrant
	return qdrant.start(ctx)
}

// startProvider runs the simulator with the recorder before it.
func (s *stage) startProvider(ctx context.Context, opts options) error {
	provider, _, err := s.part("provider", opts.askonce, accepts)
	if err != nil {
		return err
	}
	provider.args = []string{"simulate-provider", "--listen", provider.addr, "--latency", latency, "--token-interval", tokenInterval}
	s.provider = provider
	if err := provider.start(ctx); err != nil {
		return err
	}
	s.recorder = newRecorder(provider.addr)
	s.back = httptest.NewServer(s.recorder)
	return nil
}

// startReplicas runs the services and the balancer before them.
func (s *stage) startReplicas(ctx context.Context, opts options) error {
	var addrs []string
	for i := range replicaCount {
		replica, folder, err := s.part(fmt.Sprintf("replica-%d", i+1), opts.askonce, healthy)
		if err != nil {
			return err
		}
		replica.args = []string{"serve", "--listen", replica.addr, "--data", filepath.Join(folder, "data"),
			"--upstream", s.back.URL + "/v1", "--redis", "redis://" + s.redis.addr, "--qdrant", s.qdrant.addr}
		s.replicas = append(s.replicas, replica)
		if err := replica.start(ctx); err != nil {
			return err
		}
		addrs = append(addrs, replica.addr)
	}
	s.balancer = newBalancer(addrs)
	s.front = httptest.NewServer(s.balancer)
	return nil
}

// recovered waits until every replica says that all is well again. The load
// goes on, since it is by requests that a store is tried again.
func (s *stage) recovered(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for _, r := range s.replicas {
		for !ready(r.addr) {
			if !pause(ctx, 50*time.Millisecond) {
				return false
			}
		}
	}
	return true
}

// close ends all parts and removes what they wrote.
func (s *stage) close() error {
	for _, server := range []*httptest.Server{s.front, s.back} {
		if server != nil {
			server.CloseClientConnections()
			server.Close()
		}
	}
	http.DefaultClient.CloseIdleConnections()
	for _, p := range append(s.replicas, s.provider, s.qdrant, s.redis) {
		if p != nil {
			p.kill()
		}
	}
	return errors.Join(os.RemoveAll(s.folder))
}
