// The cache that `askonce eval` measures on, and the rules it measures.

package main

import (
	"fmt"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cmd/askonce/eval"
	"github.com/askonce/askonce/policy/guard"
)

// evaluation is a cache to measure on, and what to do with it.
type evaluation struct {
	*scratch
	cmd   EvalCmd
	p     *process
	opts  eval.Options
	stock *eval.Stock
	names struct{ embedder, verifier string }
	began time.Time
}

func (c EvalCmd) open(p *process) (*evaluation, error) {
	l, log, err := StoreFlags{Config: c.Config}.load(p)
	if err != nil {
		return nil, err
	}
	e := &evaluation{cmd: c, p: p, stock: &eval.Stock{}, began: time.Now()}
	if err := e.setRules(&l.Config); err != nil {
		return nil, err
	}
	if e.scratch, err = openScratch(&l.Config, log, e.stock.Rules); err != nil {
		return nil, err
	}
	made := &e.scratch.opts
	e.stock.Cache = e.scratch.cache
	e.names.embedder, e.names.verifier = made.Embedder.Identity(), "none"
	if e.opts.HasVerifier = made.Verifier != nil; e.opts.HasVerifier {
		e.names.verifier = made.Verifier.Identity()
	}
	return e, nil
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
