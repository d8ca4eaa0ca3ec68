package cache_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
)

// A namespace decides whether what another model answered is kept.
func TestSubstitutesAreKeptWhereAllowed(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		w := newWorld(t, func(o *cache.Options) {
			o.Rules = func(_, _ string) cache.Rules {
				rules := cache.DefaultRules()
				rules.AllowSubstitutes = allowed
				return rules
			}
		})
		o := newOrigin(t, answers(answerJSON("from another model", "stop")))
		load := func(ctx context.Context) (*http.Response, error) {
			resp, err := o.load(ctx)
			if err == nil {
				resp.Header.Set(llm.SubstituteHeader, "small")
			}
			return resp, err
		}
		mustRead(t, w.fetch(t, chat(t, "What is it?"), load))
		again := w.fetch(t, chat(t, "What is it?"), load)
		mustRead(t, again)
		if kept := again.Entry != nil; kept != allowed {
			t.Errorf("kept: %v, allowed: %v", kept, allowed)
		}
	}
}
