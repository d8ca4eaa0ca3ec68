package cache_test

import (
	"testing"

	"github.com/askonce/askonce/cache"
)

func TestVectorsAreRememberedForTheirTenant(t *testing.T) {
	w := newWorld(t)
	const question = "how do I enable login"
	w.Lookup(t.Context(), cache.NewPrompt("acme", "", question))
	w.learn(t, cache.NewPrompt("acme", "", question), `"Like this."`)
	w.Lookup(t.Context(), cache.NewPrompt("acme", "shop", question))
	if n := w.embedder.calls.Load(); n != 1 {
		t.Errorf("a lookup, a store and a lookup elsewhere by one tenant embedded the question %d times, want once", n)
	}
	w.Lookup(t.Context(), cache.NewPrompt("other", "", question))
	if n := w.embedder.calls.Load(); n != 2 {
		t.Errorf("another tenant's lookup: %d embeddings in all, want 2: its time would tell what was asked", n)
	}
}

func TestFailuresOfTheEmbedderAreNotRemembered(t *testing.T) {
	w := newWorld(t)
	w.learn(t, cache.NewPrompt("acme", "", "how do I enable login"), `"Like this."`)
	asked := cache.NewPrompt("acme", "", "how do I enable login filler")
	w.embedder.fail.Store(true)
	if _, receipt := w.Lookup(t.Context(), asked); receipt.Reason != cache.ReasonEmbedUnavailable {
		t.Errorf("with the embedder down: %+v", receipt)
	}
	w.embedder.fail.Store(false)
	if entry, receipt := w.Lookup(t.Context(), asked); entry == nil {
		t.Errorf("with the embedder back: %+v", receipt)
	}
}

func TestVectorMemoryCanBeSwitchedOff(t *testing.T) {
	w := newWorld(t, func(o *cache.Options) { o.VectorBytes = -1 })
	for range 3 {
		w.Lookup(t.Context(), cache.NewPrompt("acme", "", "how do I enable login"))
	}
	if n := w.embedder.calls.Load(); n != 3 {
		t.Errorf("%d embeddings of three lookups, want 3", n)
	}
}
