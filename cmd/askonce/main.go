// The command line: which subcommands there are, and how they end.

package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"github.com/askonce/askonce/cache"
)

// commands are the subcommands and their flags.
type commands struct {
	Serve    ServeCmd    `cmd:"" help:"Run the service."`
	Try      TryCmd      `cmd:"" help:"Ask some 200 questions and count hits, misses and wrong hits."`
	Eval     EvalCmd     `cmd:"" help:"Measure on labelled questions how often hits are right."`
	Tune     TuneCmd     `cmd:"" help:"Find the threshold whose hits are right as often as asked, on labelled questions."`
	Check    CheckCmd    `cmd:"" help:"Check the configuration and show what holds."`
	Key      KeyCmd      `cmd:"" help:"Keys for callers."`
	Export   ExportCmd   `cmd:"" help:"Write the whole cache into a file."`
	Import   ImportCmd   `cmd:"" help:"Read the entries of such a file into a cache."`
	Health   HealthCmd   `cmd:"" help:"Ask a service whether it is up, for container health checks."`
	Limits   LimitsCmd   `cmd:"" help:"Show how the limits of a running service stand."`
	Explain  ExplainCmd  `cmd:"" help:"Show what would be done to a prompt for the provider's prefix cache, and what for."`
	Savings  SavingsCmd  `cmd:"" help:"Show what a running service has saved: tokens, dollars, time."`
	Presets  PresetsCmd  `cmd:"" help:"List the limits of providers' published tiers."`
	Migrate  MigrateCmd  `cmd:"" help:"Layouts of the stores."`
	Scenario ScenarioCmd `cmd:"" name:"simulate" help:"Play a load before a provider with limits, with askonce and with a naive client."`
	Simulate SimulateCmd `cmd:"" name:"simulate-provider" help:"Run a provider that costs nothing and fails on command."`
	Version  VersionCmd  `cmd:"" help:"Say which version this is."`
}

const description = `Ask once, answer many: a cache in front of LLM APIs.

  askonce serve                     start, then point an OpenAI SDK at http://127.0.0.1:8080/v1
  askonce try                       see it work, without a provider and without a key`

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// process is what a subcommand has of the world.
type process struct {
	Stdout, Stderr io.Writer
	Environ        []string
}

func main() {
	os.Exit(run(os.Args[1:], &process{Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.Environ()}))
}

// run is the whole program; its result is the exit code.
func run(args []string, p *process) (code int) {
	// kong ends the program itself after --help.
	type ended int
	defer func() {
		if c, ok := recover().(ended); ok {
			code = int(c)
		}
	}()
	var cmds commands
	parser := kong.Must(&cmds,
		kong.Name("askonce"), kong.Description(description),
		kong.Writers(p.Stdout, p.Stderr), kong.Exit(func(c int) { panic(ended(c)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Bind(p),
		kong.Vars{"verified_threshold": fmt.Sprint(cache.RulesOf(cache.ScoreVerified).Threshold)},
	)
	if len(args) == 0 {
		args = []string{"--help"}
	}
	ctx, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(p.Stderr, "askonce: %s\n`askonce --help` lists what there is.\n", err)
		return exitUsage
	}
	return p.end(ctx.Run())
}

// end tells what went wrong, and returns the exit code for it.
func (p *process) end(err error) int {
	var listed problems
	var failed failure
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &failed):
		return int(failed)
	case errors.As(err, &listed):
		fmt.Fprintf(p.Stderr, "askonce: %s\n", err)
		return exitUsage
	}
	fmt.Fprintf(p.Stderr, "askonce: %s\n", err)
	return exitFailed
}

// failure is an exit code where all has been said already.
type failure int

func (f failure) Error() string { return fmt.Sprintf("exit code %d", int(f)) }
