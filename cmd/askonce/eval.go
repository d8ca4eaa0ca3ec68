// `askonce eval`: how often hits are right, on labelled questions.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/askonce/askonce/cmd/askonce/eval"
	"github.com/askonce/askonce/policy"
	"github.com/askonce/askonce/policy/guard"
)

// EvalCmd measures.
type EvalCmd struct {
	File    string `arg:"" optional:"" help:"Pairs {\"a\", \"b\", \"label\"}, one JSON object a line, plain or gzip."`
	Cache   string `help:"Instead of pairs: the stored questions {\"text\", \"group\"}." placeholder:"FILE"`
	Queries string `help:"With --cache: the questions to ask, in the same form; without a group they must miss." placeholder:"FILE"`

	JSON   bool   `help:"Print one JSON object instead of the table." name:"json"`
	Scores string `help:"Write one line for each pair: cosine, score, served, guards. Needs no labels." placeholder:"FILE"`
	Plot   string `help:"Draw the curves of precision over recall." placeholder:"FILE.svg"`

	Split  string `help:"Take only pairs whose \"split\" is this." placeholder:"NAME"`
	Sample int    `help:"Take this many pairs at random." placeholder:"N"`
	Seed   uint64 `help:"Of the sample." default:"1"`

	CosineThreshold   *float64 `help:"In place of the configured or default one." name:"cosine-threshold" placeholder:"NUMBER"`
	VerifiedThreshold *float64 `help:"In place of the configured or default one." name:"verified-threshold" placeholder:"NUMBER"`
	Guards            []string `help:"In place of the configured ones: names, all, none, or all,-NAME." placeholder:"LIST"`
	Config            string   `help:"Configuration file (or ASKONCE_CONFIG). Without one the defaults hold." placeholder:"FILE" short:"c"`
}

// Help is shown below the flags.
func (EvalCmd) Help() string {
	return `Puts labelled questions to the code that serves, four times: by the cosine alone, with guards, by the
verifier, by the verifier with guards. Nothing is asked of a provider and nothing is kept.

Of a pair, a is the stored question and b the one that is asked; label 1 means that both deserve the
same answer. Where there is no label, a "score" of 0 to 1 is a grade, and 0.8 the least that counts as
the same. Recall is the share of right pairs that are served, precision the share of right ones among
what is served. "At precision .95" is the best that any threshold does on this file, "at threshold"
what the configured one does.

Examples:
  askonce eval pairs.jsonl.gz
  askonce eval --json --plot curve.svg pairs.jsonl > report.json
  askonce eval --scores scores.jsonl pairs.jsonl
  askonce eval --cache faq.jsonl --queries asked.jsonl`
}

// Run measures and prints the report.
func (c EvalCmd) Run(p *process) error {
	if err := c.check(); err != nil {
		return err
	}
	ctx, stop := untilSignal()
	defer stop()
	e, err := c.open(p)
	if err != nil {
		return err
	}
	if c.File != "" {
		err = e.pairs(ctx)
	} else {
		err = e.lookups(ctx)
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	return errors.Join(err, e.close())
}

// check refuses flags that do not go together.
func (c EvalCmd) check() error {
	var ps problems
	add := func(key, text string) { ps = append(ps, problem{key: key, text: text}) }
	switch {
	case c.File == "" && c.Cache == "" && c.Queries == "":
		add("FILE", "is missing; name a file of pairs, or stored and asked questions with --cache and --queries")
	case c.File != "" && (c.Cache != "" || c.Queries != ""):
		add("FILE", "means pairs, --cache and --queries mean lookups; give one or the other")
	case c.File == "" && (c.Cache == "" || c.Queries == ""):
		add("--cache, --queries", "belong together; give both")
	case c.File == "" && (c.Scores != "" || c.Plot != "" || c.Split != "" || c.Sample != 0):
		add("--scores, --plot, --split, --sample", "are for pairs; leave them out")
	}
	if c.Sample < 0 {
		add("--sample", fmt.Sprintf("%d is no number of pairs", c.Sample))
	}
	ps = append(ps, checkFlagThreshold("--cosine-threshold", c.CosineThreshold)...)
	ps = append(ps, checkFlagThreshold("--verified-threshold", c.VerifiedThreshold)...)
	if _, err := guard.Parse(c.Guards, guard.All); err != nil {
		add("--guards", err.Error())
	}
	return ps.orNil()
}

// checkFlagThreshold is what is wrong with a threshold, if one was given.
func checkFlagThreshold(flag string, threshold *float64) problems {
	if threshold == nil {
		return nil
	}
	if err := policy.Threshold(*threshold); err != nil {
		return problems{{key: flag, text: err.Error()}}
	}
	return nil
}

// pairs measures a file of pairs.
func (e *evaluation) pairs(ctx context.Context) error {
	pairs, err := eval.ReadPairs(e.cmd.File)
	if err != nil {
		return err
	}
	if pairs = e.cmd.pick(pairs); len(pairs) == 0 {
		return fmt.Errorf("%s: no pair has the split %q", e.cmd.File, e.cmd.Split)
	}
	if e.cmd.Scores == "" && !slices.ContainsFunc(pairs, func(p eval.Pair) bool { return p.Label != eval.Unlabelled }) {
		return fmt.Errorf("%s: no pair has a label, so there is nothing to measure; --scores needs none", e.cmd.File)
	}
	done := e.progress()
	report, scores, err := eval.Pairs(ctx, e.stock.Cache, pairs, e.opts)
	done()
	if err != nil {
		return err
	}
	report.File, report.Embedder, report.Verifier = filepath.Base(e.cmd.File), e.names.embedder, e.names.verifier
	report.Seconds = time.Since(e.began).Round(100 * time.Millisecond).Seconds()
	if err := e.writeFiles(report, scores); err != nil {
		return err
	}
	if e.cmd.JSON {
		return json.NewEncoder(e.p.Stdout).Encode(report)
	}
	report.Write(e.p.Stdout, isTerminal(e.p.Stdout))
	return nil
}

// pick takes the split and the sample, in the file's order.
func (c EvalCmd) pick(pairs []eval.Pair) []eval.Pair {
	if c.Split != "" {
		pairs = slices.DeleteFunc(pairs, func(p eval.Pair) bool { return p.Split != c.Split })
	}
	if c.Sample == 0 || c.Sample >= len(pairs) {
		return pairs
	}
	random := rand.New(rand.NewPCG(c.Seed, 0))
	random.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	pairs = pairs[:c.Sample]
	slices.SortFunc(pairs, func(a, b eval.Pair) int { return a.Line - b.Line })
	return pairs
}

// writeFiles writes what was asked for beside the report.
func (e *evaluation) writeFiles(report *eval.PairReport, scores []eval.Score) error {
	if e.cmd.Scores != "" {
		err := createFile(e.cmd.Scores, func(w io.Writer) error {
			lines := json.NewEncoder(w)
			for i := range scores {
				if err := lines.Encode(&scores[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if e.cmd.Plot == "" {
		return nil
	}
	return createFile(e.cmd.Plot, report.WriteSVG)
}

func createFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// lookups measures stored and asked questions.
func (e *evaluation) lookups(ctx context.Context) error {
	stored, err := eval.ReadQuestions(e.cmd.Cache, false)
	if err != nil {
		return err
	}
	queries, err := eval.ReadQuestions(e.cmd.Queries, true)
	if err != nil {
		return err
	}
	done := e.progress()
	report, err := eval.Lookups(ctx, e.stock, stored, queries, e.opts)
	done()
	if err != nil {
		return err
	}
	report.Embedder, report.Verifier = e.names.embedder, e.names.verifier
	report.Seconds = time.Since(e.began).Round(100 * time.Millisecond).Seconds()
	if e.cmd.JSON {
		return json.NewEncoder(e.p.Stdout).Encode(report)
	}
	report.Write(e.p.Stdout)
	return nil
}

// progress shows a bar to people; done removes it.
func (e *evaluation) progress() (done func()) {
	if !isTerminal(e.p.Stderr) {
		return func() {}
	}
	bar := progressbar.NewOptions(0, progressbar.OptionSetWriter(e.p.Stderr), progressbar.OptionSetDescription("measuring"),
		progressbar.OptionSetWidth(40), progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
	e.opts.Progress = func(done, of int) {
		bar.ChangeMax(of)
		bar.Set(done)
	}
	return func() { bar.Clear() }
}
