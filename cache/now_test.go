package cache_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy/guard"
)

func TestAnAnswerAboutNowSoonServesOnlyTheIdenticalQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.learn(t, cache.NewPrompt("acme", "", "what filler opens today"), `"now"`)
		w.learn(t, cache.NewPrompt("acme", "", "what filler closes at all"), `"ever"`)
		if entry, r := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "what filler fillerx opens today")); entry == nil {
			t.Errorf("a fresh answer about now is not served: %+v", r)
		}
		time.Sleep(5 * time.Minute)
		entry, r := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "what filler fillerx opens today"))
		if entry != nil || r.Reason != cache.ReasonGuarded || r.Refused != guard.Of(guard.Now) {
			t.Errorf("entry %v, receipt %+v", entry, r)
		}
		if entry, r = w.Lookup(t.Context(), cache.NewPrompt("acme", "", "what filler fillerx closes at all")); entry == nil {
			t.Errorf("an answer of no time is not served: %+v", r)
		}
		if entry, _ = w.Lookup(t.Context(), cache.NewPrompt("acme", "", "what filler opens today")); entry == nil {
			t.Error("the identical question is not served")
		}
	})
}
