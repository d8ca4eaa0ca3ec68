// Command bench measures what askonce costs: the real program, over HTTP on
// loopback, against a bare echo handler and a provider that takes no time.
// README.md says what each figure is and how to read it.
//
//	go -C bench run .           a table
//	go -C bench run . --json    the table on stderr, one JSON object on stdout
//	go -C bench run . --quick   shorter rounds: a look, not a result
//
// Each section has a file of its own: hits, misses, semantic, redis, qdrant,
// storing, embedding, search, verified, entries, startup. Package load asks;
// rounds.go says in which order.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
)

func main() {
	if serve, ok := role(os.Args[1:]); ok {
		exit(serve())
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit(run(ctx, os.Args[1:]))
}

func exit(err error) {
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	json, quick bool
	only        string
	askonce     string
	python      string
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.BoolVar(&o.json, "json", false, "print one JSON object on stdout; the table goes to stderr")
	flags.BoolVar(&o.quick, "quick", false, "shorter rounds and fewer of them")
	flags.StringVar(&o.only, "only", "", "measure these sections, separated by commas: "+strings.Join(sectionNames(), ", "))
	flags.StringVar(&o.askonce, "askonce", "", "program to measure; built from ../cmd/askonce if empty")
	flags.StringVar(&o.python, "python", "", "Python that has ../embed/minilm/bench/requirements.txt; installed into .venv if empty")
	err := flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	return o, err
}

// bench is one run of all sections.
type bench struct {
	plan   plan
	folder string // for everything that is written; removed at the end
	binary string // askonce
	python string
	echo   *process
	serial *atomic.Uint64 // of requests that must be new
	report report
	log    io.Writer // progress
}

// section measures one thing and adds its figures to the report.
type section struct {
	name    string
	measure func(*bench, context.Context) error
}

var sections = []section{
	{"exact", (*bench).exactHits},
	{"miss", (*bench).misses},
	{"semantic", (*bench).semantic},
	{"redis", (*bench).redisHits},
	{"qdrant", (*bench).qdrantHits},
	{"store", (*bench).storing},
	{"embed", (*bench).embedding},
	{"search", (*bench).search},
	{"verified", (*bench).verified},
	{"entries", (*bench).entries},
	{"start", (*bench).startUp},
}

func sectionNames() []string {
	names := make([]string, len(sections))
	for i, s := range sections {
		names[i] = s.name
	}
	return names
}
