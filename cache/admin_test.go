package cache_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
)

func TestGetIsTheTenantsOwn(t *testing.T) {
	w := newWorld(t)
	id := w.learn(t, cache.NewPrompt("acme", "", "q"), `"x"`).Key
	if e, err := w.Get(t.Context(), "acme", id); err != nil || string(e.Response) != `"x"` {
		t.Errorf("own: %v, %v", e, err)
	}
	if _, err := w.Get(t.Context(), "other", id); !errors.Is(err, cache.ErrNotFound) {
		t.Errorf("another tenant's: %v", err)
	}
	if was, err := w.Delete(t.Context(), "other", id); was || err != nil {
		t.Errorf("another tenant deleted it: %v, %v", was, err)
	}
}

func TestDeleteRemovesEntryAndPoint(t *testing.T) {
	w := newWorld(t)
	id := w.learn(t, cache.NewPrompt("acme", "", "alpha beta gamma"), `"x"`).Key
	if was, err := w.Delete(t.Context(), "acme", id); !was || err != nil {
		t.Fatalf("delete: %v, %v", was, err)
	}
	if was, err := w.Delete(t.Context(), "acme", id); was || err != nil {
		t.Errorf("second delete: %v, %v", was, err)
	}
	entry, r := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "alpha beta gamma filler"))
	if entry != nil || r.Reason != cache.ReasonNoNeighbour {
		t.Errorf("after the delete: %v, %+v", entry, r)
	}
}

func TestInvalidateCountsTruly(t *testing.T) {
	w := newWorld(t)
	for i := range 10 {
		req := cache.NewPrompt("acme", fmt.Sprintf("n%d", i%2), fmt.Sprintf("question number %d", i))
		req.Tags = []string{fmt.Sprintf("t%d", i%3), "all"}
		w.learn(t, req, `"x"`)
	}
	w.learn(t, cache.NewPrompt("other", "n0", "question"), `"x"`)
	tests := []struct {
		by   cache.Selector
		want int
	}{
		{cache.Selector{Tenant: "acme", Tags: []string{"t0", "all"}}, 4},
		{cache.Selector{Tenant: "acme", Namespace: "n0"}, 5},
		{cache.Selector{Tenant: "acme", Namespace: "n0", Tags: []string{"t1"}}, 1},
		{cache.Selector{Tenant: "acme", Model: "m"}, 0},
		{cache.Selector{Tenant: "acme", CreatedBefore: time.Now().Add(-time.Hour)}, 0},
		{cache.Selector{Tenant: "acme"}, 10},
	}
	for _, test := range tests {
		if n, err := w.Invalidate(t.Context(), test.by, true); n != test.want || err != nil {
			t.Errorf("dry run of %+v: %d, %v; want %d", test.by, n, err, test.want)
		}
	}
	if n, err := w.Invalidate(t.Context(), cache.Selector{Tenant: "acme", Namespace: "n0"}, false); n != 5 || err != nil {
		t.Errorf("invalidated %d, %v; want 5", n, err)
	}
	if n, _ := w.Invalidate(t.Context(), cache.Selector{Tenant: "acme"}, true); n != 5 {
		t.Errorf("%d left, want 5", n)
	}
	if n, _ := w.Invalidate(t.Context(), cache.Selector{Tenant: "other"}, true); n != 1 {
		t.Errorf("another tenant has %d left, want 1", n)
	}
	if _, err := w.Invalidate(t.Context(), cache.Selector{}, false); err == nil {
		t.Error("an invalidation without a tenant was taken")
	}
}

func TestInvalidateReachesQueuedAndFlyingAnswers(t *testing.T) {
	w := newWorld(t)
	o := newOrigin(t, answers(answerJSON("Hello.", "stop")))
	for i := range 20 {
		mustRead(t, w.fetch(t, chat(t, fmt.Sprintf("question %d", i)), o.load))
	}
	next := make(chan struct{})
	slow := newOrigin(t, streams(next, event(`{"role":"assistant","content":"Hi"}`, "stop"), doneEvent))
	flying := w.fetch(t, chat(t, "slow question"), slow.load)
	if n, err := w.Invalidate(t.Context(), cache.Selector{Tenant: "acme"}, false); n != 20 || err != nil {
		t.Errorf("invalidated %d, %v; want 20", n, err)
	}
	close(next)
	mustRead(t, flying)
	if entry, _ := w.Lookup(t.Context(), chat(t, "slow question")); entry != nil {
		t.Error("an answer that was on its way came back after the invalidation")
	}
	if n, _ := w.Invalidate(t.Context(), cache.Selector{Tenant: "acme"}, true); n != 0 {
		t.Errorf("%d entries came back", n)
	}
}

func TestKeepIsVisibleAtOnceAndDurableSoon(t *testing.T) {
	w := newWorld(t)
	w.Keep(cache.NewPrompt("acme", "", "alpha beta gamma"), cache.Stored{Response: []byte(`"x"`)})
	if entry, _ := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "alpha beta gamma")); entry == nil {
		t.Error("not visible at once")
	}
	w.close()
	w = openWorld(t, w.dir)
	if entry, r := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "alpha beta gamma filler")); entry == nil {
		t.Errorf("after a restart: %+v", r)
	}
}
