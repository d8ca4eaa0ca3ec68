// `askonce try`: see the cache work, without a provider and without a key.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/askonce/askonce/cmd/askonce/try"
	"github.com/askonce/askonce/policy"
	"github.com/askonce/askonce/upstream/simulator"
)

// TryCmd asks the list of questions.
type TryCmd struct {
	JSON          bool          `help:"Print one JSON object instead of the table." name:"json"`
	Against       string        `help:"Ask this running service instead, which spends its provider's tokens." xor:"threshold" placeholder:"URL"`
	APIKey        string        `help:"Key to send to it: an askonce key, or the provider's." name:"api-key" env:"ASKONCE_KEY" placeholder:"KEY"`
	Model         string        `help:"Model to ask for." default:"gpt-4o-mini"`
	Threshold     *float64      `help:"Least score of a semantic hit, ${verified_threshold} if not given; not with --against." xor:"threshold" placeholder:"NUMBER"`
	Latency       time.Duration `help:"Time to the first byte of the simulated provider." default:"100ms"`
	TokenInterval time.Duration `help:"Time between the chunks of its streams." default:"1ms"`
}

// Help is shown below the flags.
func (TryCmd) Help() string {
	return `Starts a simulated provider and the service on free ports with a data folder that is removed
afterwards, and asks some 200 questions of a support desk and a developer help desk, one after the
other: repeats, rewordings, questions that look alike and are not, follow-ups, streamed and not.

A wrong hit is a question that got another question's answer. They are counted and listed, and are
no failure of the command; a request that fails is, with exit code 1.

Examples:
  askonce try
  askonce try --threshold 0.9
  askonce try --json --against http://127.0.0.1:8080 --api-key "$OPENAI_API_KEY"`
}

// Run asks the questions and prints the report.
func (c TryCmd) Run(p *process) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := c.ask(ctx, p)
	if err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(p.Stdout).Encode(report)
	} else {
		report.WriteTable(p.Stdout)
	}
	if err == nil && len(report.Failures) > 0 {
		fmt.Fprintf(p.Stderr, "askonce: %d of %d requests failed, the first with: %s\n",
			len(report.Failures), report.Requests, report.Failures[0].Error)
		return failure(exitFailed)
	}
	return err
}

func (c TryCmd) ask(ctx context.Context, p *process) (*try.Report, error) {
	progress, done := c.progress(p.Stderr)
	defer done()
	opts := try.Options{BaseURL: c.Against, Key: c.APIKey, Model: c.Model, Progress: progress}
	if c.Against != "" {
		if err := checkURL(c.Against, "http://127.0.0.1:8080"); err != nil {
			return nil, problems{{key: "--against", text: err.Error()}}
		}
		opts.BaseURL = strings.TrimSuffix(strings.TrimSuffix(c.Against, "/"), "/v1") + "/v1"
		return try.Run(ctx, opts)
	}
	return c.askOwn(ctx, p, opts)
}

// askOwn asks a service of its own, wired as `serve` wires it.
func (c TryCmd) askOwn(ctx context.Context, p *process, opts try.Options) (_ *try.Report, err error) {
	dir, err := os.MkdirTemp("", "askonce-try-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	log := newLogger(LogConfig{Level: "warn", Format: "text"}, p.Stderr)
	answers, err := try.Answers()
	if err != nil {
		return nil, err
	}
	simulated, err := startSimulator("127.0.0.1:0", simulator.Options{
		Answer: answers, Latency: c.Latency, TokenInterval: c.TokenInterval}, log)
	if err != nil {
		return nil, err
	}
	defer simulated.server.Close()
	cfg := defaultConfig(lookup(nil))
	cfg.Listen, cfg.Data = "127.0.0.1:0", filepath.Join(dir, "data")
	cfg.Upstream.BaseURL = simulated.url + "/v1"
	if c.Threshold != nil {
		if err := policy.Threshold(*c.Threshold); err != nil {
			return nil, problems{{key: "--threshold", text: err.Error()}}
		}
		cfg.Cache.Threshold = *c.Threshold
	}
	r, err := start(&cfg, log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.shutdown()) }()
	if !c.JSON {
		fmt.Fprintf(p.Stdout, "Simulated provider: %s to the first byte. Embedder: %s. Threshold: %g.\n\n",
			c.Latency, identityOf(r.embedder), cfg.Cache.Threshold)
	}
	opts.BaseURL, opts.Simulated = r.url()+"/v1", true
	return try.Run(ctx, opts)
}

// progress shows a bar to people. done removes it.
func (c TryCmd) progress(w io.Writer) (step func(done, of int), done func()) {
	if !isTerminal(w) {
		return nil, func() {}
	}
	bar := progressbar.NewOptions(0, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("asking"),
		progressbar.OptionSetWidth(40), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	step = func(done, of int) {
		bar.ChangeMax(of)
		bar.Set(done)
	}
	return step, func() { bar.Clear() }
}
