// Command chaos runs three replicas of askonce on one Redis and one Qdrant peer
// under a steady load, and takes the parts away one after the other: stores and
// replicas are killed and started again, stores are frozen, the connections
// that carry deletions are dropped. Then it says what callers noticed.
//
//	go -C bench run ./chaos               about a minute
//	go -C bench run ./chaos --seconds 300
//
// It fails if a request failed, or if an answer was served later than a second
// after its deletion. stage.go starts the parts, balancer.go stands before the
// replicas, recorder.go before the provider; load.go asks, deletions.go deletes,
// faults.go takes away, report.go tells.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// leastSeconds leave each fault the time to be felt.
const leastSeconds = 24

// options are the command line.
type options struct {
	seconds int
	askonce string
	python  string
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.IntVar(&o.seconds, "seconds", 60, "how long to ask; a quarter of it is calm")
	flags.StringVar(&o.askonce, "askonce", "", "program to run; built from ../cmd/askonce if empty")
	flags.StringVar(&o.python, "python", os.Getenv("QDRANT_PEER_PYTHON"), "Python that runs the Qdrant peer; ../.venv/bin/python if empty")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.python == "" {
		o.python = filepath.Join("..", ".venv", "bin", "python")
	}
	if o.seconds < leastSeconds {
		return o, fmt.Errorf("--seconds %d: needs at least %d", o.seconds, leastSeconds)
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	return o, nil
}

func main() {
	opts, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		err = run(ctx, opts)
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

// run starts all, asks through the calm and the faults, and reports.
func run(ctx context.Context, opts options) (err error) {
	s, err := setUp(ctx, opts)
	if s != nil {
		defer func() { err = errors.Join(err, s.close()) }()
	}
	if err != nil {
		return err
	}
	total := time.Duration(opts.seconds) * time.Second
	l := newLoad(s)
	if err := l.warm(ctx); err != nil {
		return err
	}
	d := &deletions{stage: s}
	loadCtx, stop := context.WithCancel(ctx)
	defer stop()
	ended := l.start(loadCtx)
	deleted := d.start(loadCtx)
	say("calm for %v", total/4)
	pause(ctx, total/4)
	l.phase.Store(chaotic)
	if err := s.harm(ctx, total-total/4); err != nil {
		return err
	}
	recovered := s.recovered(ctx)
	stop()
	<-ended
	<-deleted
	return newReport(l, d, s, recovered).print()
}

// say tells how the run goes on.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05 ")+format+"\n", args...)
}

// pause waits; it returns false if the run is over.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
