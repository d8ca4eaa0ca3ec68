// The askonce processes of a scenario, and their configuration.

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/askonce/askonce/upstream/scenario"
	"github.com/askonce/askonce/upstream/simulator"
)

// startTimeout is how long a process may take until it listens.
const startTimeout = 30 * time.Second

// withProcesses starts as many askonce as the scenario has replicas.
func (r *realRun) withProcesses(ctx context.Context, urls []string) (*client, error) {
	dir, err := os.MkdirTemp("", "askonce-simulate-")
	if err != nil {
		return nil, err
	}
	c := &client{}
	c.atEnd(func() error { return os.RemoveAll(dir) })
	redisURL, err := r.sharedRedis(ctx, c, dir)
	if err == nil {
		err = r.startAll(ctx, c, dir, urls, redisURL)
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// sharedRedis is the server that replicas share, started if none is named; "" for
// a single process.
func (r *realRun) sharedRedis(ctx context.Context, c *client, dir string) (string, error) {
	if r.redis != "" || r.scenario.Replicas <= 1 {
		return r.redis, nil
	}
	server, err := startRedis(ctx, dir)
	if err != nil {
		return "", err
	}
	c.atEnd(server.stop)
	if r.scenario.Restarts {
		c.half = func() { server.restart(ctx, r.log) }
	}
	return server.url(), nil
}

// startAll starts the processes.
func (r *realRun) startAll(ctx context.Context, c *client, dir string, urls []string, redisURL string) error {
	keys := r.tenantKeys()
	file := filepath.Join(dir, "askonce.yaml")
	if err := r.writeConfig(file, urls, redisURL, keys); err != nil {
		return err
	}
	for i := range max(r.scenario.Replicas, 1) {
		p, err := startServe(ctx, file, filepath.Join(dir, "data-"+strconv.Itoa(i)))
		if err != nil {
			return err
		}
		c.atEnd(p.stop)
		c.askers = append(c.askers, overHTTP(p.url, keys))
	}
	return nil
}

// overHTTP asks a process as the tenant of the call.
func overHTTP(baseURL string, keys map[string]newKey) scenario.Asker {
	transport := &http.Transport{MaxIdleConnsPerHost: 1 << 10}
	return scenario.OverHTTP(transport, baseURL+"/v1", func(c scenario.Call, h http.Header) {
		h.Set("Authorization", "Bearer "+keys[c.Tenant].Key)
		h.Set("Askonce-Mode", "off")
		h.Set("Askonce-Lane", string(c.Lane))
		if c.MaxWait > 0 {
			h.Set("Askonce-Max-Wait", strconv.FormatFloat(c.MaxWait.Seconds(), 'f', -1, 64))
		}
	})
}

// tenantKeys makes a key for each tenant.
func (r *realRun) tenantKeys() map[string]newKey {
	keys := make(map[string]newKey)
	for _, l := range r.scenario.Load {
		keys[l.Tenant] = makeKey("", l.Tenant, "write")
	}
	return keys
}

// writeConfig writes what an operator would.
func (r *realRun) writeConfig(file string, urls []string, redisURL string, keys map[string]newKey) error {
	limits, err := limitsConfig(r.scenario.DeclaredLimits())
	if err != nil {
		return err
	}
	deployments, models := map[string]any{}, []string{}
	for i, name := range []string{"primary", "substitute"}[:len(urls)] {
		d := map[string]any{"base_url": urls[i], "api_key": "sk-simulated", "limits": limits}
		if len(urls) > 1 && i == 0 {
			d["first_byte_timeout"] = scenario.Silence.String()
		}
		if i > 0 {
			d["role"] = "passive"
		}
		deployments[name], models = d, append(models, name)
	}
	var listed []map[string]string
	for _, k := range keys {
		listed = append(listed, map[string]string{"id": k.ID, "tenant": k.Tenant, "role": k.Role, "hash": k.Hash})
	}
	doc, err := yaml.Marshal(map[string]any{
		"listen": "127.0.0.1:0", "drain_timeout": "1s", "keys": listed,
		"upstream": map[string]any{
			"deployments": deployments,
			"models":      map[string]any{r.scenario.ModelName(): map[string]any{"deployments": models, "strategy": "failover"}},
		},
		"cache":    map[string]any{"mode": "exact"},
		"embedder": map[string]any{"kind": "off"},
		"redis":    map[string]any{"url": redisURL},
		"log":      map[string]any{"level": "error"},
	})
	if err != nil {
		return err
	}
	return os.WriteFile(file, doc, 0o600)
}

// limitsConfig is limits in the configuration's words, which know minutes and
// days.
func limitsConfig(limits []simulator.Limit) (map[string]any, error) {
	config := map[string]any{}
	var problems []error
	for _, l := range limits {
		minute, day := l.Window == 0 || l.Window == time.Minute, l.Window == 24*time.Hour
		counting := string(l.Counting)
		if counting == "" {
			counting = string(simulator.SlidingWindow)
		}
		switch {
		case l.Unit == simulator.Calls:
			config["concurrency"] = l.Amount
		case l.Burst != 0:
			problems = append(problems, fmt.Errorf("%s: askonce's configuration has no burst other than the limit", l))
		case minute && config["counting"] != nil && config["counting"] != counting:
			problems = append(problems, fmt.Errorf("%s: all minutes are to be counted in the same way", l))
		case minute:
			config["counting"] = counting
			config[map[simulator.Unit]string{
				simulator.Requests: "rpm", simulator.Tokens: "tpm", simulator.InputTokens: "input_tpm", simulator.OutputTokens: "output_tpm",
			}[l.Unit]] = l.Amount
		case day && l.Unit == simulator.Requests:
			config["rpd"], config["day"] = l.Amount, map[bool]string{true: "utc", false: "rolling"}[l.Counting == simulator.FixedWindow]
		default:
			problems = append(problems, fmt.Errorf("%s: askonce's configuration counts minutes, and requests by the day", l))
		}
	}
	return config, errors.Join(problems...)
}

// servant is an askonce that serves.
type servant struct {
	cmd  *exec.Cmd
	url  string        // without /v1
	done chan struct{} // is closed when it has ended
}

// answersAt is how `serve` tells where it listens.
var answersAt = regexp.MustCompile(`answers at (http://[0-9.:]+)`)

// startServe runs this program's serve until it listens. Its configuration is
// the file alone: what the environment sets is for another service.
func startServe(ctx context.Context, config, data string) (*servant, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &servant{cmd: exec.CommandContext(ctx, self, "serve", "--config", config, "--data", data), done: make(chan struct{})}
	s.cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "ASKONCE_") })
	out, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	urls, last := make(chan string, 1), ""
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if found := answersAt.FindStringSubmatch(lines.Text()); found != nil {
				urls <- found[1]
				break
			}
			last = lines.Text()
		}
		_, _ = io.Copy(io.Discard, out)
		_ = s.cmd.Wait() // how it ended is of no interest
		close(s.done)
	}()
	select {
	case s.url = <-urls:
		return s, nil
	case <-s.done:
		return nil, errors.New("askonce serve did not start: " + last)
	case <-time.After(startTimeout):
		return nil, errors.Join(fmt.Errorf("askonce serve does not listen after %s", startTimeout), s.stop())
	}
}

// stop ends the process.
func (s *servant) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-s.done:
	case <-time.After(startTimeout):
		return s.cmd.Process.Kill()
	}
	return nil
}
