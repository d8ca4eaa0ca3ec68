// The cache that lookups are measured on.

package eval

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/askonce/askonce/cache"
)

// Stock is a cache whose rules are changed between measurements.
type Stock struct {
	Cache *cache.Cache
	rules atomic.Pointer[cache.Rules]
}

// Rules are those that hold now, in the form of cache.Options.
func (l *Stock) Rules(string, string) cache.Rules { return *l.rules.Load() }

// use makes rules hold from now on.
func (l *Stock) use(rules cache.Rules) { l.rules.Store(&rules) }

const tenant = "eval"

func request(q Question) *cache.Request { return cache.NewPrompt(tenant, "", q.Text) }

// store keeps a question. One that is too long to embed can only be hit by
// itself, as in service.
func (l *Stock) store(ctx context.Context, q Question) error {
	result, err := l.Cache.Store(ctx, request(q), cache.Stored{Response: []byte("null")})
	if err == nil && result.Semantic != "stored" && result.Reason != cache.ReasonTooLong {
		err = errors.New(string(result.Reason))
	}
	return err
}

// lookUp returns the text of the question whose answer q gets; "" for a miss.
func (l *Stock) lookUp(ctx context.Context, q Question) (string, error) {
	entry, receipt := l.Cache.Lookup(ctx, request(q))
	switch {
	case len(receipt.Degraded) > 0:
		return "", fmt.Errorf("%s did not answer", receipt.Degraded[0])
	case entry == nil:
		return "", nil
	}
	return entry.Prompt, nil
}

// each calls do for the questions, several at a time; n is the question's place.
func each(ctx context.Context, questions []Question, do func(ctx context.Context, n int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for n, q := range questions {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := do(ctx, n); err != nil {
				return fmt.Errorf("line %d: %w", q.Line, err)
			}
			return nil
		})
	}
	return group.Wait()
}
