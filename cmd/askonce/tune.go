// `askonce tune`: from labels to a threshold with a promise, without a service.

package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy"
	"github.com/askonce/askonce/policy/tune"
)

// TuneCmd calibrates.
type TuneCmd struct {
	File string `arg:"" optional:"" help:"Labelled lookups or pairs, one JSON object a line, plain or gzip."`

	PositiveRate float64 `help:"For pairs: the share of nearest candidates that are right in use." name:"positive-rate" placeholder:"SHARE"`
	Precision    float64 `help:"Least share of hits that are right. Default 0.97." placeholder:"SHARE"`
	RequestError float64 `help:"Instead: the largest share of requests that get a wrong answer." name:"request-error" placeholder:"SHARE"`
	Confidence   float64 `help:"Of the promise. Default 0.95." placeholder:"SHARE"`
	Seed         uint64  `help:"Of the split." default:"1"`
	Split        string  `help:"Take only rows whose \"split\" is this." placeholder:"NAME"`

	CheckPromise bool `help:"Count how often fresh calibrations on samples of the file break their promise." name:"check-promise"`
	Runs         int  `help:"With --check-promise: how many calibrations." default:"1000"`
	Size         int  `help:"With --check-promise: labels of each." default:"2000"`

	Server string `help:"Let this running service calibrate, by its own rules." aliases:"url" placeholder:"URL"`
	Key    string `help:"With --server: an askonce key of the role admin." env:"ASKONCE_KEY" placeholder:"KEY"`
	Labels string `help:"With --server, in place of a file: the labels gathered for the namespace, of audits (audit), of feedback (feedback) or all." placeholder:"SOURCE"`
	Apply  bool   `help:"With --server: make a certified threshold the namespace's."`

	JSON      bool   `help:"Print one JSON object instead of the table." name:"json"`
	Namespace string `help:"Score by this namespace's rules." default:"default" placeholder:"NAME"`
	Config    string `help:"Configuration file (or ASKONCE_CONFIG). Without one the defaults hold." placeholder:"FILE" short:"c"`
}

// Help is shown below the flags.
func (TuneCmd) Help() string {
	return `Finds the loosest threshold whose hits are right as often as asked, with the confidence asked, on labels
that did not choose it; or says how many labels are missing. Texts are scored by the code that serves.

  {"score": 0.91, "right": true}                  a lookup, with the score on which the threshold acts
  {"score": null, "right": false}                 one that found nothing
  {"asked": "...", "stored": "...", "right": true}  a lookup to be scored
  {"a": "stored", "b": "asked", "label": 1}       a pair; wants --positive-rate

The promise holds for traffic of which the labels are a random sample. With --server, a running service
calibrates (POST /v1/tune), and with --apply the threshold holds on all its replicas.

Examples:
  askonce tune lookups.jsonl
  askonce tune --positive-rate 0.4 --precision 0.98 pairs.jsonl.gz
  askonce tune --request-error 0.01 --json lookups.jsonl
  askonce tune --server https://askonce.example.com --key ask_... --labels audit --namespace faq --apply
  askonce tune --check-promise --precision 0.9 --positive-rate 0.5 pairs.jsonl.gz`
}

// Run calibrates, or checks the promise.
func (c TuneCmd) Run(p *process) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Server != "" {
		return c.remote(p)
	}
	rows, err := c.rows()
	if err != nil {
		return err
	}
	ctx, stop := untilSignal()
	defer stop()
	samples, judge, err := c.score(ctx, p, rows)
	if err != nil {
		return err
	}
	if c.CheckPromise {
		return c.promise(ctx, p, samples)
	}
	result, err := tune.Calibrate(samples, c.options())
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	report := tuneReport{Result: result, File: filepath.Base(c.File), Labels: len(samples), Judge: judge, At: time.Now().UTC().Truncate(time.Second)}
	if c.JSON {
		return json.NewEncoder(p.Stdout).Encode(report)
	}
	report.write(p.Stdout)
	return nil
}

func (c TuneCmd) options() tune.Options {
	return tune.Options{
		Precision: c.Precision, RequestError: c.RequestError, Confidence: c.Confidence, PositiveRate: c.PositiveRate, Seed: c.Seed,
	}
}

// check refuses flags that make no sense, all at once.
func (c TuneCmd) check() error {
	var ps problems
	var bad *tune.InputError
	if errors.As(c.options().Check(), &bad) {
		flags := map[string]string{
			"precision": "--precision", "request_error": "--request-error", "confidence": "--confidence", "positive_rate": "--positive-rate",
		}
		for _, problem := range bad.Problems {
			ps = append(ps, newProblem(flags[problem.Field], problem.Text))
		}
	}
	if err := policy.Namespace(c.Namespace); err != nil {
		ps = append(ps, newProblem("--namespace", err.Error()))
	}
	ps = append(ps, c.checkServer()...)
	if c.Runs < 1 || c.Size < 1 {
		ps = append(ps, newProblem("--runs, --size", "are at least 1"))
	}
	return ps.orNil()
}

func newProblem(key, text string) problem { return problem{key: key, text: text} }

// rows reads the file.
func (c TuneCmd) rows() ([]tune.Row, error) {
	f, err := os.Open(c.File)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", c.File, reason(err))
	}
	defer f.Close()
	from, err := plain(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.File, err)
	}
	rows, err := tune.Parse(from)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.File, err)
	}
	if c.Split != "" {
		rows = slices.DeleteFunc(rows, func(r tune.Row) bool { return r.Split != c.Split })
	}
	pairs := 0
	for _, r := range rows {
		if r.Pair {
			pairs++
		}
	}
	switch {
	case pairs > 0 && pairs < len(rows):
		return nil, fmt.Errorf("%s: %d rows are pairs and %d are lookups; give files of one kind", c.File, pairs, len(rows)-pairs)
	case pairs > 0 && c.PositiveRate == 0:
		return nil, problems{newProblem("--positive-rate", "is missing: of pairs it is not known how often a candidate is right in use; give that share, such as 0.5")}
	case pairs == 0 && c.PositiveRate != 0:
		return nil, problems{newProblem("--positive-rate", "is for pairs; lookups come with the rate of your traffic")}
	}
	return rows, nil
}

// plain reads gzip as what is in it, and everything else as it is.
func plain(from io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(from)
	if head, _ := buffered.Peek(2); string(head) == "\x1f\x8b" {
		return gzip.NewReader(buffered)
	}
	return buffered, nil
}

// score puts the rows to the code that serves.
func (c TuneCmd) score(ctx context.Context, p *process, rows []tune.Row) (_ []tune.Sample, _ cache.Judge, err error) {
	l, log, err := StoreFlags{Config: c.Config}.load(p)
	if err != nil {
		return nil, cache.Judge{}, err
	}
	rules, err := namespaceRules(&l.Config)
	if err != nil {
		return nil, cache.Judge{}, err
	}
	s, err := openScratch(&l.Config, log, rules)
	if err != nil {
		return nil, cache.Judge{}, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	bar := newBar(p.Stderr, "scoring", int64(len(rows)))
	defer bar.Clear()
	return s.cache.Samples(ctx, rows, cache.Scoring{
		Tenant: "tune", Namespace: c.Namespace, Workers: runtime.GOMAXPROCS(0), Progress: func(done int) { bar.Set(done) },
	})
}

// promise checks it. A promise that is broken is a failure.
func (c TuneCmd) promise(ctx context.Context, p *process, samples []tune.Sample) error {
	found, err := tune.CheckPromise(ctx, samples, c.options(), c.Size, c.Runs)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.JSON {
		err = json.NewEncoder(p.Stdout).Encode(found)
	} else {
		fmt.Fprintf(p.Stdout, "%d calibrations on %d labels each, drawn from %d: %d certified a threshold, %d of them falsely\n"+
			"broken promises: %.4f of all, at least %.4f with 99 %% confidence; allowed are %.4f\nmedian hit rate of the certified thresholds: %.3f\n",
			found.Runs, found.Size, len(samples), found.Certified, found.Broken, found.Share, found.LowerBound, found.Allowed, found.MedianHitRate)
	}
	if err == nil && !found.Kept() {
		err = errors.New("the promise is broken more often than it allows")
	}
	return err
}
