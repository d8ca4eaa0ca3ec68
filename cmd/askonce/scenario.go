// `askonce simulate`: loads before a provider with limits, played with askonce
// and with a naive client.

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/askonce/askonce/upstream/scenario"
	"github.com/askonce/askonce/upstream/simulator"
)

// ScenarioCmd plays a scenario.
type ScenarioCmd struct {
	Scenario string             `help:"Which one; list shows them." required:"" placeholder:"NAME"`
	JSON     bool               `help:"Print one JSON object instead of the table." name:"json"`
	Counting simulator.Counting `help:"How the provider counts all windows: ${enum}." enum:"declared,token_bucket,sliding_window,fixed_window,first_use_window" default:"declared"`
}

// Help is shown below the flags.
func (ScenarioCmd) Help() string {
	return `Plays a load before a simulated provider that enforces limits, once with askonce's client and once with
a naive one that backs off and does nothing else, and shows what callers and the provider have seen.
Time is simulated: ten minutes take seconds. Nothing leaves this machine.

The exit code is 1 if something does not hold that the scenario expects of askonce.

Examples:
  askonce simulate --scenario list
  askonce simulate --scenario burst
  askonce simulate --scenario rag --counting token_bucket --json`
}

// Run plays the scenario and prints the report.
func (c ScenarioCmd) Run(p *process) error {
	if c.Scenario == "list" {
		return listScenarios(p)
	}
	s, ok := scenario.Find(c.Scenario)
	if !ok {
		return problems{{key: "--scenario", text: fmt.Sprintf("there is no %q; there are %s", c.Scenario, strings.Join(scenario.Names(), ", "))}}
	}
	if c.Counting != declared {
		s = s.Counted(c.Counting)
	}
	report, err := scenario.Simulate(s)
	if err != nil {
		return err
	}
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

func listScenarios(p *process) error {
	w := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
	for _, s := range scenario.All() {
		fmt.Fprintf(w, "%s\t%s\n", s.Name, s.Purpose)
	}
	return w.Flush()
}
