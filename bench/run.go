// A run from end to end: build, start, measure section by section, report.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// plan is how long the sections measure.
type plan struct {
	rounds      int
	hits        time.Duration // of each side in a round of exact hits
	misses      time.Duration // the same for misses
	semantic    time.Duration // and for what embeds
	remote      time.Duration // and for what asks Redis or Qdrant
	points      int           // in Qdrant, beside those that are hit
	embedRounds int           // turns of both embedders
	installs    bool          // onnxruntime, where it is not there yet
	searches    int           // for each size
	searchSizes []searchSize
	entries     int // stored to measure an entry's size
	starts      int
}

func fullPlan() plan {
	return plan{
		rounds: 15, hits: 500 * time.Millisecond, misses: 350 * time.Millisecond, semantic: 500 * time.Millisecond,
		remote: 300 * time.Millisecond, points: 5_000,
		embedRounds: 15, installs: true, searches: 200,
		searchSizes: []searchSize{{"1k", 1_000}, {"10k", 10_000}, {"100k", 100_000}},
		entries:     20_000, starts: 7,
	}
}

func quickPlan() plan {
	return plan{
		rounds: 3, hits: 400 * time.Millisecond, misses: 400 * time.Millisecond, semantic: 400 * time.Millisecond,
		remote: 250 * time.Millisecond, points: 1_000,
		embedRounds: 3, searches: 100,
		searchSizes: []searchSize{{"1k", 1_000}, {"10k", 10_000}, {"100k", 100_000}},
		entries:     2_000, starts: 3,
	}
}

func run(ctx context.Context, args []string) (err error) {
	opts, err := parse(args)
	if err != nil {
		return err
	}
	chosen, err := choose(opts.only)
	if err != nil {
		return err
	}
	b, err := prepare(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	b.describeMachine()
	began := time.Now()
	for _, s := range chosen {
		fmt.Fprintf(b.log, "%-9s %s ...\n", time.Since(began).Round(time.Second), s.name)
		if err := s.measure(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	b.report.fact("quick", opts.quick, "quick (short rounds: a look, not a result)")
	b.report.fact("took_s", int(time.Since(began).Seconds()), "seconds taken")
	return b.print(opts.json)
}

// choose returns the sections that a list names; all for an empty one.
func choose(list string) ([]section, error) {
	if list == "" {
		return sections, nil
	}
	names := strings.Split(list, ",")
	var chosen []section
	for _, s := range sections {
		if slices.Contains(names, s.name) {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) != len(names) {
		return nil, fmt.Errorf("--only %s: the sections are %s", list, strings.Join(sectionNames(), ", "))
	}
	return chosen, nil
}

// prepare builds askonce and starts the echo handler.
func prepare(ctx context.Context, opts options) (*bench, error) {
	b := &bench{plan: fullPlan(), binary: opts.askonce, python: opts.python, serial: new(atomic.Uint64), log: os.Stderr}
	if opts.quick {
		b.plan = quickPlan()
	}
	b.serial.Store(firstNew)
	var err error
	if b.folder, err = os.MkdirTemp("", "askonce-bench-"); err != nil {
		return nil, err
	}
	if b.binary == "" {
		fmt.Fprintln(b.log, "building askonce ...")
		b.binary = filepath.Join(b.folder, "askonce")
		err = buildProgram(ctx, askonceProgram, b.binary)
	}
	if err == nil {
		b.echo, err = b.startBaseline(ctx, echoRole)
	}
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *bench) close() error {
	var err error
	if b.echo != nil {
		err = b.echo.stop()
	}
	return errors.Join(err, os.RemoveAll(b.folder))
}

// print writes the table, and the JSON object where it was asked for.
func (b *bench) print(asJSON bool) error {
	var table io.Writer = os.Stdout
	if asJSON {
		table = os.Stderr
	}
	if err := b.report.table(table); err != nil {
		return err
	}
	if asJSON {
		return b.report.json(os.Stdout)
	}
	return nil
}
