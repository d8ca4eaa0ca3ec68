// A redis-server of the bench's own, and questions to it.

package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/askonce/askonce/bench/load"
)

// needsRedis is why figures of Redis are not measured.
const needsRedis = "needs redis-server in PATH"

// startRedis starts a server without persistence; nil where there is none.
func (b *bench) startRedis(ctx context.Context) (*process, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, nil
	}
	folder, err := os.MkdirTemp(b.folder, "redis-")
	if err != nil {
		return nil, err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	p, _, err := startProcess(ctx, redisAnswers, "redis-server", folder, addr, program,
		"--bind", host, "--port", port, "--dir", folder, "--save", "", "--appendonly", "no")
	return p, err
}

// onRedis is the configuration of a service that keeps its entries there.
func onRedis(redis *process) string { return "redis: {url: \"redis://" + redis.addr + "\"}\n" }

func redisAnswers(ctx context.Context, addr string) error {
	_, err := redisDo(ctx, addr, "ping")
	return err
}

const redisLimit = 10 * time.Second

// redisDo sends one command over a connection of its own.
func redisDo(ctx context.Context, addr string, words ...string) (string, error) {
	conn, err := load.Dial(ctx, load.Redis, addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.ExpireAt(time.Now().Add(redisLimit)); err != nil {
		return "", err
	}
	reply, err := conn.Do(load.Command(words...))
	return string(reply.Body), err
}

// redisInfo is a number of the server's INFO.
func redisInfo(ctx context.Context, addr, section, field string) (float64, error) {
	text, err := redisDo(ctx, addr, "info", section)
	if err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), field+":"); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("INFO %s of redis-server has no %s", section, field)
}
