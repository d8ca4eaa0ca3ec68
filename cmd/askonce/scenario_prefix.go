// `askonce simulate --scenario prefix`: what a provider's prefix cache finds of
// prompts, without askonce, with it, and arranged by hand.

package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"

	"github.com/askonce/askonce/upstream/scenario"
)

// runPrefix plays the scenario and prints the report.
func (c ScenarioCmd) runPrefix(p *process) error {
	if err := c.checkPrefix(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "askonce-simulate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	gateway := orderingService{dir: dir, log: newLogger(LogConfig{Level: "warn", Format: "text"}, p.Stderr)}
	report, err := scenario.SimulatePrefix(gateway.start)
	if err != nil {
		return err
	}
	return c.print(report, p)
}

// checkPrefix refuses what belongs to scenarios with limits.
func (c ScenarioCmd) checkPrefix() error {
	var ps problems
	for _, flag := range []struct {
		key   string
		given bool
	}{
		{"--counting", c.Counting != declared}, {"--limits", c.Limits != ""}, {"--upstream", c.Upstream != ""}, {"--redis", c.Redis != ""}, {"--real", c.Real},
	} {
		if flag.given {
			ps = append(ps, problem{key: flag.key, text: "is for the scenarios with limits; " + scenario.Prefix + " has none"})
		}
	}
	if len(ps) > 0 {
		return ps
	}
	return nil
}

// orderingService is askonce as `serve` wires it, with prompts ordered and
// marked, and reached in process.
type orderingService struct {
	dir string
	log *slog.Logger
}

func (o *orderingService) start(dial scenario.Dial, baseURL string) (http.Handler, func() error, error) {
	data, err := os.MkdirTemp(o.dir, "data-")
	if err != nil {
		return nil, nil, err
	}
	cfg := defaultConfig(lookup(nil))
	cfg.Data, cfg.Upstream.BaseURL = filepath.Join(data, "data"), baseURL
	cfg.Embedder.Kind, cfg.Verifier, cfg.Cache.Mode = "off", "off", "exact"
	cfg.Prompt.Order = "on"
	s, err := wire(&cfg, o.log, network{loopback: true, dial: dial})
	if err != nil {
		return nil, nil, err
	}
	return s.api, func() error {
		s.api.Drain()
		return errors.Join(s.close(context.Background()))
	}, nil
}
