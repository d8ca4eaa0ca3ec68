// `askonce simulate --scenario prefix`: what a provider's prefix cache finds of
// prompts, without askonce, with it, and arranged by hand.

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/goccy/go-yaml"

	"github.com/askonce/askonce/policy/price"
	"github.com/askonce/askonce/upstream/scenario"
	"github.com/askonce/askonce/upstream/scenario/workload"
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
	prices, err := promptPrices()
	if err != nil {
		return err
	}
	log := newLogger(LogConfig{Level: "warn", Format: "text"}, p.Stderr)
	var report *scenario.PrefixReport
	if c.Real {
		fmt.Fprintf(p.Stderr, "askonce: this takes %s, in real time\n", formatDuration(workload.Length))
		report, err = realPrefix(prices, dir, log)
	} else {
		gateway := orderingService{dir: dir, log: log}
		report, err = scenario.SimulatePrefix(prices, gateway.start)
	}
	if err != nil {
		return err
	}
	return c.print(report, p)
}

// promptPrices are the published ones of the models that the scenario asks.
func promptPrices() (map[scenario.Dialect]scenario.Price, error) {
	prices := make(map[scenario.Dialect]scenario.Price)
	for _, d := range scenario.Dialects {
		p, err := price.PublishedFor(d.Model())
		if err != nil {
			return nil, err
		}
		prices[d] = scenario.Price{
			Model: d.Model(), Input: p.Input, Cached: p.Cached, Write: p.Write, WriteHourly: p.WriteHour, Source: p.Source, AsOf: p.Date,
		}
	}
	return prices, nil
}

// realPrefix plays the scenario in real time, all at once: askonce is a process of
// its own, and each workload, dialect and form has a key.
func realPrefix(prices map[scenario.Dialect]scenario.Price, dir string, log *slog.Logger) (_ *scenario.PrefixReport, err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	simulated, err := scenario.NewPromptSimulator()
	if err != nil {
		return nil, err
	}
	provider, err := serveProvider("127.0.0.1:0", simulated, log)
	if err != nil {
		return nil, err
	}
	defer provider.server.Close()
	file := filepath.Join(dir, "askonce.yaml")
	doc, err := yaml.Marshal(map[string]any{
		"listen": "127.0.0.1:0", "drain_timeout": "1s",
		"upstream": map[string]any{"base_url": provider.url + "/v1"},
		"cache":    map[string]any{"mode": "exact"},
		"embedder": map[string]any{"kind": "off"},
		"prompt":   map[string]any{"order": "on"},
		"log":      map[string]any{"level": "error"},
	})
	if err == nil {
		err = os.WriteFile(file, doc, 0o600)
	}
	if err != nil {
		return nil, err
	}
	askonce, err := startServe(ctx, file, filepath.Join(dir, "data"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, askonce.stop()) }()
	transport := &http.Transport{MaxIdleConnsPerHost: 1 << 6}
	defer transport.CloseIdleConnections()
	const all = 1 << 10
	return scenario.NewPrefixReport("real", prices, all, func(w workload.Workload, d scenario.Dialect, form scenario.Form) (scenario.PromptUsage, error) {
		way := scenario.Way{Transport: transport, BaseURL: provider.url + "/v1", Header: scenario.PromptHeader(fmt.Sprintf("sk-%s-%s-%s", w.Name, d, form))}
		if form == scenario.After {
			way.BaseURL = askonce.url + "/v1"
		}
		return scenario.PlayPrompts(ctx, w, d, form, way)
	})
}

// checkPrefix refuses what belongs to scenarios with limits.
func (c ScenarioCmd) checkPrefix() error {
	var ps problems
	for _, flag := range []struct {
		key   string
		given bool
	}{
		{"--counting", c.Counting != declared}, {"--limits", c.Limits != ""}, {"--upstream", c.Upstream != ""}, {"--redis", c.Redis != ""},
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
