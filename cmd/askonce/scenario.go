// `askonce simulate`: loads before a provider with limits, played with askonce
// and with a naive client.

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/askonce/askonce/upstream/scenario"
	"github.com/askonce/askonce/upstream/simulator"
)

// ScenarioCmd plays a scenario.
type ScenarioCmd struct {
	Scenario string             `help:"Which one; list shows them." required:"" placeholder:"NAME"`
	JSON     bool               `help:"Print one JSON object instead of the table." name:"json"`
	Counting simulator.Counting `help:"How the provider counts all windows: ${enum}." enum:"declared,token_bucket,sliding_window,fixed_window,first_use_window" default:"declared"`
	Limits   string             `help:"What the provider allows, as with simulate-provider; calls come faster or slower with it. Default: the scenario's." placeholder:"PRESET|LIST"`
	Model    string             `help:"Model to ask for." default:"gpt-4o"`

	Real     bool   `help:"In real time: askonce serve as processes, over HTTP."`
	Redis    string `help:"Redis that the processes share, where there are several. Default: a redis-server of this command's own." placeholder:"URL"`
	Upstream string `help:"Another provider instead of the simulated one; it is asked in real time, and costs what it costs." placeholder:"URL"`
	APIKey   string `help:"Its key." name:"api-key" env:"ASKONCE_UPSTREAM_API_KEY" placeholder:"KEY"`
}

// Help is shown below the flags.
func (ScenarioCmd) Help() string {
	return `Plays a load before a simulated provider that enforces limits, once with askonce's client and once with
a naive one that backs off and does nothing else, and shows what callers and the provider have seen.
Time is simulated: ten minutes take seconds. Nothing leaves this machine.

With --real the same calls go to askonce processes on free ports, several of them on one Redis where the
scenario has replicas. storm, in which Redis restarts, is always real. --upstream plays against
another provider, askonce first and the naive client a window later; tell with --limits and --counting
what it allows. Calls hold a mark by which the answered one is told from its retries.

prefix is of another kind: prompts of four kinds of applications go to a provider with a prefix cache, by
OpenAI's rule and by Anthropic's marks, as they are written, through askonce with prompts ordered, and
arranged by hand. It shows which share of their tokens was cached, and what they cost.

The exit code is 1 if something does not hold that the scenario expects of askonce.

Examples:
  askonce simulate --scenario list
  askonce simulate --scenario burst
  askonce simulate --scenario rag --counting token_bucket --json
  askonce simulate --scenario replicas --real
  askonce simulate --scenario prefix --json
  askonce simulate --scenario liar --upstream http://127.0.0.1:9090/v1 --limits requests=500/1m,tokens=30000/1m`
}

// Run plays the scenario and prints the report.
func (c ScenarioCmd) Run(p *process) error {
	switch c.Scenario {
	case "list":
		return listScenarios(p)
	case scenario.Prefix:
		return c.runPrefix(p)
	}
	s, err := c.chosen()
	if err != nil {
		return err
	}
	report, err := c.play(s, p)
	if err != nil {
		return err
	}
	return c.print(report, p)
}

// scenarioReport is what came of a scenario.
type scenarioReport interface {
	WriteTable(out io.Writer) error
	Broken() []string
}

// print prints a report; the error tells of what does not hold.
func (c ScenarioCmd) print(report scenarioReport, p *process) (err error) {
	if c.JSON {
		err = json.NewEncoder(p.Stdout).Encode(report)
	} else {
		err = report.WriteTable(p.Stdout)
	}
	if broken := report.Broken(); err == nil && len(broken) > 0 {
		fmt.Fprintf(p.Stderr, "askonce: it does not hold that %s\n", strings.Join(broken, "; nor that "))
		return failure(exitFailed)
	}
	return err
}

// chosen is the scenario that the flags describe.
func (c ScenarioCmd) chosen() (scenario.Scenario, error) {
	var ps problems
	s, ok := scenario.Find(c.Scenario)
	if !ok {
		ps = append(ps, problem{key: "--scenario", text: fmt.Sprintf("there is no %q; there are %s, %s", c.Scenario, strings.Join(scenario.Names(), ", "), scenario.Prefix)})
	}
	s.Model = c.Model
	if c.Limits != "" {
		limits, err := simulatedLimits(c.Limits)
		if err != nil {
			ps = append(ps, problem{key: "--limits", text: err.Error()})
		}
		s = s.Under(limits)
	}
	if c.Counting != declared {
		s = s.Counted(c.Counting)
	}
	if c.Upstream != "" {
		if err := checkURL(c.Upstream, "http://127.0.0.1:9090/v1"); err != nil {
			ps = append(ps, problem{key: "--upstream", text: err.Error()})
		}
		if len(s.Script) > 0 {
			ps = append(ps, problem{key: "--upstream", text: c.Scenario + " breaks the provider, and only the simulated one can be broken"})
		}
	}
	if c.Redis != "" && s.Restarts {
		ps = append(ps, problem{key: "--redis", text: c.Scenario + " restarts the server, which it does with none but its own"})
	}
	if len(ps) > 0 {
		return s, ps
	}
	return s, nil
}

// play plays the scenario in the time that fits it.
func (c ScenarioCmd) play(s scenario.Scenario, p *process) (*scenario.Report, error) {
	if !c.Real && !s.Restarts && c.Upstream == "" {
		return scenario.Simulate(s)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fmt.Fprintf(p.Stderr, "askonce: this takes %s and more, in real time\n", formatDuration(s.Length))
	r := realRun{scenario: s, upstream: c.Upstream, apiKey: c.APIKey, redis: c.Redis,
		log: newLogger(LogConfig{Level: "warn", Format: "text"}, p.Stderr)}
	return r.report(ctx)
}

func listScenarios(p *process) error {
	w := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
	for _, s := range scenario.All() {
		fmt.Fprintf(w, "%s\t%s\n", s.Name, s.Purpose)
	}
	fmt.Fprintf(w, "%s\t%s\n", scenario.Prefix, scenario.PrefixPurpose)
	return w.Flush()
}
