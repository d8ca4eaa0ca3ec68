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

	PrefixCache simulator.PrefixCache `help:"Whether prompts that begin alike are cached, as usage then tells: ${enum}." enum:"on,off" default:"on"`

	SimulatedLimits `group:"Limits:"`
}

// Help is shown below the flags.
func (SimulateCmd) Help() string {
	return `Speaks OpenAI's chat completions, responses, completions, embeddings and models, and Anthropic's messages,
streams included, and answers every question with a text that follows from it. Usage tells what a prefix
cache by the rules of either would have had. GET /simulator/stats tells what was asked.

A script makes it fail on command, here the second and third chat call:
  steps:
    - match: {path: /v1/chat/completions, nth: [2, 3]}
      respond: {status: 429, headers: {retry-after: "2"}}

It enforces limits, with 429s, headers and all, per key and model. --limits takes the name of a preset,
or a list of UNIT=AMOUNT/WINDOW, each with :COUNTING and :burst=N if wanted. Units: requests, tokens,
input_tokens, output_tokens, and calls at a time. A day is 24h, counted as fixed_window from midnight UTC:
  --limits openai/gpt-4o/tier-1
  --limits requests=500/1m,tokens=30000/1m:token_bucket:burst=10000,requests=200/24h:fixed_window,calls=8

--charge settled counts prompt and max_tokens when a call comes and what it used when it ends; max_tokens
keeps the former; usage counts nothing until the end.

Examples:
  askonce simulate-provider
  askonce simulate-provider --listen 127.0.0.1:9090 --latency 1s --script faults.yaml
  askonce serve --upstream http://127.0.0.1:9090/v1`
}

// options reads the script, if there is one.
func (c SimulateCmd) options() (simulator.Options, error) {
	opts := simulator.Options{Latency: c.Latency, TokenInterval: c.TokenInterval, APIKeys: c.APIKey, Models: c.Model, PrefixCache: c.PrefixCache}
	if err := c.set(&opts); err != nil {
		return opts, err
	}
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
