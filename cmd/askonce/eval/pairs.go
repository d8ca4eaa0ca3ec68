// Measuring on labelled pairs.

package eval

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy/guard"
)

// Assessor is the part of the cache that pairs are put to.
type Assessor interface {
	Assess(ctx context.Context, tenant string, rules cache.Rules, asked, stored string) (cache.Assessment, error)
}

// Options say by which rules is measured.
type Options struct {
	Cosine   cache.Rules // with ScoreCosine
	Verified cache.Rules // with ScoreVerified
	Serving  cache.Rules // the configured ones: one of both

	// HasVerifier tells that there is a verifier to measure.
	HasVerifier bool

	// Progress is called after each row with how many are done; nil: not.
	Progress func(done, of int)
}

// Score is what is known of one pair, as --scores writes it.
type Score struct {
	Line   int      `json:"line"`
	Label  *int     `json:"label,omitempty"`
	Source string   `json:"source,omitempty"`
	Cosine *float64 `json:"cosine"` // null: too long to embed
	Score  *float64 `json:"score"`  // what the configured threshold acts on; null: refused before
	Served bool     `json:"served"`
	Guards []string `json:"guards"` // all that refuse the pair, switched on or not

	assessment cache.Assessment
	label      Label
}

// Pairs measures and returns the report and a score for each pair, in order.
func Pairs(ctx context.Context, from Assessor, pairs []Pair, opts Options) (*PairReport, []Score, error) {
	scores := make([]Score, len(pairs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	var done atomic.Int64
	for i, pair := range pairs {
		group.Go(func() (err error) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if scores[i], err = assess(ctx, from, pair, opts); err != nil {
				return fmt.Errorf("line %d: %w", pair.Line, err)
			}
			if n := int(done.Add(1)); opts.Progress != nil {
				opts.Progress(n, len(pairs))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	return reportPairs(scores, opts), scores, nil
}

// assess finds out all about one pair.
func assess(ctx context.Context, from Assessor, pair Pair, opts Options) (Score, error) {
	rules := opts.Verified
	rules.Guards = guard.All
	known, err := from.Assess(ctx, tenant, rules, pair.Asked, pair.Stored)
	if err != nil && !isTooLong(err) {
		return Score{}, err
	}
	s := Score{Line: pair.Line, Source: pair.Source, Guards: known.Refused.Names(), assessment: known, label: pair.Label}
	if pair.Label != Unlabelled {
		right := int(pair.Label - Wrong)
		s.Label = &right
	}
	if err != nil && known == (cache.Assessment{}) { // not even embedded
		return s, nil
	}
	s.Cosine = &s.assessment.Similarity
	if value := score(opts.Serving, known); value != never {
		s.Score, s.Served = &value, value >= opts.Serving.Threshold
	}
	return s, nil
}

func isTooLong(err error) bool {
	var long interface{ TooLong() bool }
	return errors.As(err, &long) && long.TooLong()
}
