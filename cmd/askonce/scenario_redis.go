// A Redis server for scenarios with replicas.

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// redisServer is a redis-server that keeps nothing on disk.
type redisServer struct {
	path, dir string
	port      int
	cmd       *exec.Cmd
}

// startRedis starts the redis-server that is in PATH.
func startRedis(ctx context.Context, dir string) (*redisServer, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errors.New("the replicas share a Redis, and there is no redis-server in PATH; " +
			"install one (Debian: apt install redis-server), or name a running one with --redis redis://HOST:6379")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &redisServer{path: path, dir: dir, port: listener.Addr().(*net.TCPAddr).Port}
	if err := listener.Close(); err != nil {
		return nil, err
	}
	return s, s.start(ctx)
}

func (s *redisServer) address() string { return "127.0.0.1:" + strconv.Itoa(s.port) }
func (s *redisServer) url() string     { return "redis://" + s.address() }

// start runs the server until it listens.
func (s *redisServer) start(ctx context.Context) error {
	s.cmd = exec.CommandContext(ctx, s.path, "--port", strconv.Itoa(s.port), "--bind", "127.0.0.1",
		"--dir", s.dir, "--save", "", "--appendonly", "no", "--loglevel", "warning")
	if err := s.cmd.Start(); err != nil {
		return err
	}
	deadline := time.Now().Add(startTimeout)
	for {
		conn, err := net.DialTimeout("tcp", s.address(), time.Second)
		if err == nil {
			return conn.Close()
		}
		if time.Now().After(deadline) {
			return errors.Join(fmt.Errorf("redis-server does not listen after %s", startTimeout), s.stop())
		}
		if err := wait(ctx, 20*time.Millisecond); err != nil {
			return errors.Join(err, s.stop())
		}
	}
}

// away is how long a restarted server is not there.
const away = 3 * time.Second

// restart ends the server at once and starts it again, empty.
func (s *redisServer) restart(ctx context.Context, log *slog.Logger) {
	if err := errors.Join(s.stop(), wait(ctx, away), s.start(ctx)); err != nil {
		log.Error("redis-server did not come back", "error", err)
	}
}

// stop kills the server.
func (s *redisServer) stop() error {
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	_ = s.cmd.Wait() // says that it was killed
	return nil
}
