// `askonce simulate-provider`: the provider simulator as a program.

package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/askonce/askonce/upstream/simulator"
)

// SimulateCmd runs the simulator.
type SimulateCmd struct {
	Listen        string        `help:"Address to serve on; port 0 takes a free one. Default ${default}." default:"127.0.0.1:9090" placeholder:"HOST:PORT"`
	Latency       time.Duration `help:"Time to the first byte of an answer." default:"300ms"`
	TokenInterval time.Duration `help:"Time between the chunks of a stream." default:"20ms"`
	Script        string        `help:"YAML file that says which requests fail, and how." placeholder:"FILE"`
	APIKey        []string      `help:"Accept only these bearer tokens; may be repeated. Default: any." name:"api-key" placeholder:"KEY"`
	Model         []string      `help:"Only these models exist; may be repeated. Default: all." placeholder:"NAME"`
}

// Help is shown below the flags.
func (SimulateCmd) Help() string {
	return `Speaks OpenAI's chat completions, completions, embeddings and models, streams included, and answers
every question with a text that follows from it. GET /simulator/stats tells what was asked.

A script makes it fail on command, here the second and third chat call:
  steps:
    - match: {path: /v1/chat/completions, nth: [2, 3]}
      respond: {status: 429, headers: {retry-after: "2"}}

Examples:
  askonce simulate-provider
  askonce simulate-provider --listen 127.0.0.1:9090 --latency 1s --script faults.yaml
  askonce serve --upstream http://127.0.0.1:9090/v1`
}

// options reads the script, if there is one.
func (c SimulateCmd) options() (simulator.Options, error) {
	opts := simulator.Options{Latency: c.Latency, TokenInterval: c.TokenInterval, APIKeys: c.APIKey, Models: c.Model}
	if c.Script == "" {
		return opts, nil
	}
	doc, err := os.ReadFile(c.Script)
	if err != nil {
		return opts, problems{{key: "--script", text: c.Script + " cannot be read: " + reason(err)}}
	}
	if opts.Script, err = simulator.ParseScript(doc); err != nil {
		return opts, problems{{where: origin{name: c.Script}, text: err.Error()}}
	}
	return opts, nil
}

// Run serves until a signal comes.
func (c SimulateCmd) Run(p *process) error {
	opts, err := c.options()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := startSimulator(c.Listen, opts, newLogger(LogConfig{Level: "warn", Format: "text"}, p.Stderr))
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, "The simulated provider answers at %s/v1\n\n  askonce serve --upstream %s/v1\n", s.url, s.url)
	select {
	case err := <-s.failed:
		return err
	case <-ctx.Done():
		return s.server.Close()
	}
}
