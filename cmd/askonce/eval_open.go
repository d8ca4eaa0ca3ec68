// The cache that `askonce eval` measures on, and the rules it measures.

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/embedded"
	"github.com/askonce/askonce/cmd/askonce/eval"
	"github.com/askonce/askonce/policy/guard"
)

// evaluation is a cache in a folder of its own, and what to do with it.
type evaluation struct {
	cmd   EvalCmd
	p     *process
	opts  eval.Options
	stock *eval.Stock
	names struct{ embedder, verifier string }
	began time.Time
	dir   string
	db    *embedded.DB
}

// unhurried is how long an evaluation waits for any part: a result must not
// depend on how busy the machine is.
const unhurried = 10 * time.Minute

func (c EvalCmd) open(p *process) (_ *evaluation, err error) {
	l, log, err := StoreFlags{Config: c.Config}.load(p)
	if err != nil {
		return nil, err
	}
	e := &evaluation{cmd: c, p: p, stock: &eval.Stock{}, began: time.Now()}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.close())
		}
	}()
	if err := e.setRules(&l.Config); err != nil {
		return nil, err
	}
	opts := cacheOptions(&l.Config, log, newRegistry())
	if opts.Embedder, err = newEmbedder(l.Embedder); err != nil {
		return nil, err
	}
	if opts.Embedder == nil {
		return nil, problems{{key: "embedder.kind", text: "is off: there is no semantic layer to measure"}}
	}
	if opts.Verifier, err = newVerifier(l.Verifier); err != nil {
		return nil, err
	}
	if e.dir, err = os.MkdirTemp("", "askonce-eval-"); err != nil {
		return nil, err
	}
	if e.db, err = embedded.Open(embedded.Options{Folder: filepath.Join(e.dir, "data"), Log: log}); err != nil {
		return nil, err
	}
	if opts.Index, err = e.db.Index(opts.Embedder.Identity(), opts.Embedder.Dimensions()); err != nil {
		return nil, err
	}
	opts.Store, opts.Rules = e.db.Store(), e.stock.Rules
	opts.Budget, opts.StoreTimeout, opts.IndexTimeout = unhurried, unhurried, unhurried
	opts.EmbedTimeout, opts.VerifyTimeout = unhurried, unhurried
	e.names.embedder, e.names.verifier = opts.Embedder.Identity(), "none"
	if e.opts.HasVerifier = opts.Verifier != nil; e.opts.HasVerifier {
		e.names.verifier = opts.Verifier.Identity()
	}
	e.stock.Cache, err = cache.New(opts)
	return e, err
}

// setRules takes the rules of each score from the flags, the configuration
// where it is of that score, and the defaults.
func (e *evaluation) setRules(cfg *Config) error {
	configured, err := cfg.Cache.rules()
	if err != nil {
		return fmt.Errorf("cache.guards: %w", err)
	}
	of := func(score cache.Score, threshold *float64) (cache.Rules, error) {
		rules := configured
		if rules.Score != score {
			rules = cache.RulesOf(score)
		}
		rules.Mode = cache.ModeSemantic
		set(&rules.Threshold, threshold)
		if len(e.cmd.Guards) > 0 {
			rules.Guards, err = guard.Parse(e.cmd.Guards, rules.Guards)
		}
		return rules, err
	}
	if e.opts.Cosine, err = of(cache.ScoreCosine, e.cmd.CosineThreshold); err != nil {
		return err
	}
	if e.opts.Verified, err = of(cache.ScoreVerified, e.cmd.VerifiedThreshold); err != nil {
		return err
	}
	e.opts.Serving = e.opts.Cosine
	if configured.Score == cache.ScoreVerified {
		e.opts.Serving = e.opts.Verified
	}
	return nil
}

func (e *evaluation) close() error {
	var errs []error
	if e.stock.Cache != nil {
		errs = append(errs, e.stock.Cache.Close(context.Background()))
	}
	if e.db != nil {
		errs = append(errs, e.db.Close())
	}
	if e.dir != "" {
		errs = append(errs, os.RemoveAll(e.dir))
	}
	return errors.Join(errs...)
}
