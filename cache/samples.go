// Labelled rows as samples for a threshold: scored by the code that serves.

package cache

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/askonce/askonce/policy/tune"
)

// ErrNoScore means that texts cannot be scored as the namespace's rules want:
// there is no embedder, or no verifier.
var ErrNoScore = errors.New("cache: the namespace's score cannot be had: the embedder or the verifier is off")

// Scoring says for whom and how rows are scored.
type Scoring struct {
	Tenant, Namespace string

	// Workers is how many rows are scored at a time; 1 if 0.
	Workers int

	// Progress, if not nil, is told how many rows are scored. It is called by
	// several goroutines.
	Progress func(done int)
}

// Samples gives each row the score on which the namespace's threshold acts. Rows
// with a score keep it; texts get what a lookup would give them. Text that is
// too long to be embedded or verified is never served, as in a lookup.
// Errors: ErrNoScore, ErrUnavailable (embedder or verifier), ctx's.
func (c *Cache) Samples(ctx context.Context, rows []tune.Row, s Scoring) ([]tune.Sample, Judge, error) {
	rules := c.opts.Rules(s.Tenant, s.Namespace)
	judge := c.judge(&rules)
	samples := make([]tune.Sample, len(rows))
	var done atomic.Int64
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(max(1, s.Workers))
	for i, row := range rows {
		if working.Err() != nil {
			break
		}
		group.Go(func() (err error) {
			samples[i], err = c.sample(working, s.Tenant, rules, row)
			if n := done.Add(1); s.Progress != nil {
				s.Progress(int(n))
			}
			return err
		})
	}
	err := group.Wait()
	if err == nil {
		err = ctx.Err() // ended before all were begun
	}
	return samples, judge, err
}

func (c *Cache) sample(ctx context.Context, tenant string, rules Rules, row tune.Row) (tune.Sample, error) {
	s := tune.Sample{Score: row.Score, Right: row.Right, Never: !row.HasScore}
	if !row.Texts() {
		return s, ctx.Err()
	}
	if c.embedder.off || rules.Score == ScoreVerified && c.verifier.off {
		return s, ErrNoScore
	}
	a, err := c.assess(ctx, tenant, rules, row.Asked, row.Stored)
	if isTooLong(err) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.Score, s.Never = rules.ScoreOf(a)
	return s, nil
}

// assess is Assess, once more where a part had no time for it.
func (c *Cache) assess(ctx context.Context, tenant string, rules Rules, asked, stored string) (a Assessment, err error) {
	const tries = 3
	for range tries {
		if a, err = c.Assess(ctx, tenant, rules, asked, stored); err == nil || isTooLong(err) {
			return a, err
		}
		if ctx.Err() != nil {
			return a, ctx.Err()
		}
	}
	return a, fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// ScoreOf is the number that a threshold acts on; never says that the candidate
// is refused whatever the threshold.
func (r *Rules) ScoreOf(a Assessment) (score float64, never bool) {
	loose := *r
	loose.Threshold = -1
	if loose.Judge(a) != "" {
		return 0, true
	}
	return a.scoreOf(r), false
}

// scoreOf is the number on which the threshold of rules acts.
func (a *Assessment) scoreOf(r *Rules) float64 {
	if r.Score == ScoreVerified {
		return a.Verified
	}
	return a.Similarity
}
