// `askonce explain`: what would be done to a prompt, without a service or by a
// running one.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/askonce/askonce/api"
	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy/prefix"
	"github.com/askonce/askonce/upstream/estimate"
)

// ExplainCmd explains a prompt.
type ExplainCmd struct {
	Files     []string `arg:"" help:"The request as it would be sent to the provider: a JSON file, or - for standard input. With several requests, in files or one after the other, the last is explained and those before it are learned from."`
	Endpoint  string   `help:"What it is a request to: chat, responses, messages. Default: what it looks like." placeholder:"NAME"`
	Namespace string   `help:"The namespace whose rules hold." placeholder:"NAME"`
	Order     string   `help:"Of text: on (moves are made), observe (reported)." enum:"on,observe" default:"on"`
	URL       string   `help:"Ask the service there, which knows what it has learned, instead of explaining here." name:"url" aliases:"server" placeholder:"URL"`
	Key       string   `help:"An askonce key for that service." env:"ASKONCE_KEY" placeholder:"KEY"`
	Config    string   `help:"Configuration file (or ASKONCE_CONFIG), for namespaces and prices." placeholder:"FILE" short:"c"`
	JSON      bool     `name:"json" help:"As POST /v1/prompt/explain says it."`
	NoColor   bool     `help:"No colours; NO_COLOR does the same. Without a terminal there are none."`
}

// Help is shown below the flags.
func (ExplainCmd) Help() string {
	return `Shows what changes in the prompt, why, and what stays where it is; how much of the prompt is the same in every
request before and after; and what that saves with each call. Nothing is sent to a provider.

Examples:
  askonce explain request.json
  askonce explain --namespace support yesterday.jsonl request.json
  cat request.json | askonce explain - --json
  askonce explain request.json --url http://127.0.0.1:8080 --key ask_...`
}

// Run explains the last of the requests.
func (c ExplainCmd) Run(p *process) error {
	requests, err := readRequests(c.Files, os.Stdin)
	if err != nil {
		return err
	}
	if c.Namespace == "" {
		c.Namespace = cache.DefaultNamespace
	}
	var doc []byte
	if c.URL != "" {
		doc, err = c.askService(requests, p)
	} else {
		doc, err = c.explainHere(requests, p)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		_, err := p.Stdout.Write(append(doc, '\n'))
		return err
	}
	var x api.Explanation
	if err := json.Unmarshal(doc, &x); err != nil {
		return errors.New("the service's answer is not that of POST /v1/prompt/explain; is it askonce?")
	}
	shown := explanation{w: p.Stdout, Explanation: &x}
	if !c.NoColor && lookup(p.Environ)("NO_COLOR") == "" && isTerminal(p.Stdout) {
		shown.palette = coloured
	}
	shown.print()
	return nil
}

// askService lets the service explain.
func (c ExplainCmd) askService(requests []jsontext.Value, p *process) ([]byte, error) {
	if len(requests) > 1 {
		return nil, errors.New("several requests teach only without --url: the service has learned from its own")
	}
	base, err := serviceURL(c.URL, c.Config, p.Environ)
	if err != nil {
		return nil, err
	}
	ask := map[string]any{"request": requests[0], "namespace": c.Namespace, "mode": c.Order}
	if c.Endpoint != "" {
		ask["endpoint"] = c.Endpoint
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return nil, err
	}
	return tellService(context.Background(), servicePatience, http.MethodPost, base+"/v1/prompt/explain", c.Key, body)
}

// explainHere runs the service's code in this process.
func (c ExplainCmd) explainHere(requests []jsontext.Value, p *process) ([]byte, error) {
	l, err := load(ConfigFlags{Config: c.Config}, p.Environ)
	if err != nil {
		return nil, err
	}
	prices, err := l.prices()
	if err != nil {
		return nil, err
	}
	counter := estimate.New(slog.New(slog.DiscardHandler))
	explainer, err := api.NewExplainer(api.Options{Prompt: promptRules(&l.Config), Prices: prices, Tokens: counter.Count})
	if err != nil {
		return nil, err
	}
	var last *api.ExplainRequest
	for i, raw := range requests {
		view, err := api.ReadPrompt(raw, c.Endpoint)
		if err != nil {
			return nil, fmt.Errorf("request %d: %w", i+1, err)
		}
		if last != nil {
			explainer.Teach(last)
		}
		last = &api.ExplainRequest{View: view, Namespace: c.Namespace, Mode: prefix.Mode(c.Order)}
	}
	counter.Count(last.View.Model, "")
	counter.Close() // its tokenizer is there from here on
	return json.Marshal(explainer.Explain(last), json.Deterministic(true))
}

// readRequests reads the JSON objects of files, one or several in each.
func readRequests(files []string, stdin io.Reader) ([]jsontext.Value, error) {
	var requests []jsontext.Value
	for _, name := range files {
		from := stdin
		if name != "-" {
			file, err := os.Open(name)
			if err != nil {
				return nil, fmt.Errorf("%s cannot be read: %s", name, reason(err))
			}
			defer file.Close()
			from = file
		}
		decoder := jsontext.NewDecoder(from)
		for {
			value, err := decoder.ReadValue()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || value.Kind() != '{' {
				return nil, fmt.Errorf("%s: request %d is not a JSON object", name, len(requests)+1)
			}
			requests = append(requests, slices.Clone(value))
		}
	}
	if len(requests) == 0 {
		return nil, fmt.Errorf("%s: no request in it", strings.Join(files, ", "))
	}
	return requests, nil
}
