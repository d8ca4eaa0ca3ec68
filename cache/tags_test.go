package cache_test

import (
	"testing"

	"github.com/askonce/askonce/cache"
)

// TestAReplacedAnswerIsVisibleAtOnce: an answer that was fetched because the
// stored one lacks a tag takes its place from the last byte on.
func TestAReplacedAnswerIsVisibleAtOnce(t *testing.T) {
	w := newWorld(t)
	old := chat(t, "say hello")
	old.Tags = []string{"a"}
	w.learn(t, old, answerJSON("Old.", "stop"))
	o := newOrigin(t, answers(answerJSON("New.", "stop")))
	tagged := func() *cache.Request {
		r := chat(t, "say hello")
		r.Tags = []string{"c"}
		return r
	}
	mustRead(t, w.fetch(t, tagged(), o.load))
	if a := w.fetch(t, tagged(), refuse(t)); a.Entry == nil {
		t.Errorf("the new answer is not found: %+v", a.Receipt)
	}
	if a, err := w.Fetch(t.Context(), cachedOnly(old), refuse(t)); err == nil {
		t.Errorf("the old answer is still served: %+v", a.Receipt)
	}
	if a := w.fetch(t, chat(t, "say hello"), refuse(t)); a.Entry == nil || string(a.Entry.Response) != answerJSON("New.", "stop") {
		t.Error("the old answer is still served")
	}
}

func cachedOnly(r *cache.Request) *cache.Request {
	only := *r
	only.OnlyIfCached = true
	return &only
}

func TestAModeMayOnlyNarrow(t *testing.T) {
	w := newWorld(t, func(o *cache.Options) {
		o.Rules = func(_, namespace string) cache.Rules {
			rules := cache.DefaultRules()
			rules.Mode = cache.Mode(namespace)
			return rules
		}
	})
	for namespace, refused := range map[string][]cache.Mode{"exact": {cache.ModeSemantic}, "off": {cache.ModeSemantic, cache.ModeExact}} {
		w.learn(t, cache.NewPrompt("acme", namespace, "alpha beta gamma"), `"x"`)
		for _, mode := range refused {
			req := cache.NewPrompt("acme", namespace, "alpha beta gamma filler")
			req.Mode = mode
			if entry, r := w.Lookup(t.Context(), req); entry != nil {
				t.Errorf("namespace %s was widened to %s: %+v", namespace, mode, r)
			}
		}
	}
}
