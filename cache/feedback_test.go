package cache_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askonce/askonce/cache"
)

// hitToReport stores one answer and gets it for another question.
func hitToReport(t *testing.T, w *world) (entry *cache.Entry, receipt cache.Receipt) {
	t.Helper()
	if _, err := w.Store(t.Context(), cache.NewPrompt("acme", "", "how do I reset my password"), cache.Stored{Response: []byte(`"so"`)}); err != nil {
		t.Fatal(err)
	}
	entry, receipt = w.Lookup(t.Context(), reworded())
	if entry == nil || receipt.Request != reworded().Key {
		t.Fatalf("no hit to report: %+v", receipt)
	}
	return entry, receipt
}

func reworded() *cache.Request { return cache.NewPrompt("acme", "", "password my reset I do how") }

func say(t *testing.T, c *cache.Cache, f cache.Feedback) cache.FeedbackResult {
	t.Helper()
	f.Tenant, f.By = "acme", "key-1"
	r, err := c.Feedback(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAWrongAnswerIsNotGivenAgain(t *testing.T) {
	w := newWorld(t)
	entry, receipt := hitToReport(t, w)
	r := say(t, w.Cache, cache.Feedback{Entry: entry.Key, Request: receipt.Request})
	if !r.Evicted || !r.Remembered || !r.Labelled || r.Namespace != "default" {
		t.Errorf("result %+v", r)
	}
	if _, err := w.Get(t.Context(), "acme", entry.Key); !errors.Is(err, cache.ErrNotFound) {
		t.Errorf("the entry is still there: %v", err)
	}
	w.close()
	again := openWorld(t, w.dir) // it lasts
	if _, err := again.Store(t.Context(), cache.NewPrompt("acme", "", "how do I reset my password"), cache.Stored{Response: []byte(`"new"`)}); err != nil {
		t.Fatal(err)
	}
	if got, receipt := again.Lookup(t.Context(), reworded()); got != nil || receipt.Reason != cache.ReasonSaidWrong {
		t.Errorf("the same question gets it again: %+v", receipt)
	}
	if got, _ := again.Lookup(t.Context(), cache.NewPrompt("acme", "", "reset password my I do how")); got == nil {
		t.Error("another question suffers")
	}
}

func TestARightAnswerStays(t *testing.T) {
	w := newWorld(t)
	entry, receipt := hitToReport(t, w)
	if r := say(t, w.Cache, cache.Feedback{Entry: entry.Key, Request: receipt.Request, Right: true}); r.Evicted || r.Remembered || !r.Labelled {
		t.Errorf("result %+v", r)
	}
	if got, _ := w.Lookup(t.Context(), reworded()); got == nil {
		t.Error("it is gone")
	}
}

func TestLabelsAreRowsForTuning(t *testing.T) {
	w := newWorld(t)
	entry, receipt := hitToReport(t, w)
	for _, right := range []bool{false, true} { // the later counts
		say(t, w.Cache, cache.Feedback{Entry: entry.Key, Request: receipt.Request, Right: right})
		stored := cache.NewPrompt("acme", "", "how do I reset my password")
		if _, err := w.Store(t.Context(), stored, cache.Stored{Response: []byte(`"so"`)}); err != nil {
			t.Fatal(err)
		}
	}
	found, err := w.LabelRows(t.Context(), "acme", "default", "")
	if err != nil || found.Skipped != 0 || found.Feedback != 1 || len(found.Rows) != 1 {
		t.Fatalf("found %+v, %v", found, err)
	}
	if r := found.Rows[0]; !r.Right || r.Asked != reworded().Query || r.Stored != "how do I reset my password" {
		t.Errorf("row %+v", r)
	}
	samples, judge, err := w.Samples(t.Context(), found.Rows, cache.Scoring{Tenant: "acme", Namespace: "default"})
	if err != nil || samples[0].Never || samples[0].Score < 0.99 || judge.Embedder != "bag-of-words/1/64" {
		t.Errorf("samples %+v, judge %+v, %v", samples, judge, err)
	}
	if labels, err := w.Labels(t.Context(), "rival", "default"); err != nil || len(labels) != 0 {
		t.Errorf("another tenant sees %+v, %v", labels, err)
	}
}

func TestFeedbackOnWhatIsNotThere(t *testing.T) {
	w := newWorld(t)
	entry, receipt := hitToReport(t, w)
	_, err := w.Feedback(t.Context(), cache.Feedback{Tenant: "rival", Entry: entry.Key, Request: receipt.Request})
	if !errors.Is(err, cache.ErrNotFound) {
		t.Errorf("another tenant's answer can be taken back: %v", err)
	}
	if _, err := w.Feedback(t.Context(), cache.Feedback{Tenant: "acme", Entry: cache.Key{1}}); !errors.Is(err, cache.ErrNotFound) {
		t.Errorf("an answer that never was: %v", err)
	}
}

// The text of the question stands in for its key, for bare prompts.
func TestFeedbackByText(t *testing.T) {
	w := newWorld(t)
	entry, _ := hitToReport(t, w)
	if r := say(t, w.Cache, cache.Feedback{Entry: entry.Key, Asked: reworded().Query}); !r.Remembered || !r.Labelled {
		t.Errorf("result %+v", r)
	}
}

func TestShadowHitsCanBeLabelled(t *testing.T) {
	w := newWorld(t, func(o *cache.Options) {
		rules := cache.DefaultRules()
		rules.Mode = cache.ModeShadow
		o.Rules = func(string, string) cache.Rules { return rules }
	})
	if _, err := w.Store(t.Context(), cache.NewPrompt("acme", "", "how do I reset my password"), cache.Stored{Response: []byte(`"so"`)}); err != nil {
		t.Fatal(err)
	}
	_, receipt := w.Lookup(t.Context(), reworded())
	if !receipt.Shadow || receipt.Request == (cache.Key{}) {
		t.Fatalf("receipt %+v", receipt)
	}
	if r := say(t, w.Cache, cache.Feedback{Entry: receipt.NearestKey, Request: receipt.Request, Right: true}); !r.Labelled {
		t.Errorf("result %+v", r)
	}
}

func TestOtherReplicasHearFeedback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		index, err := w.db.Index(w.embedder.Identity(), w.embedder.Dimensions())
		if err != nil {
			t.Fatal(err)
		}
		other, err := cache.New(cache.Options{Store: w.db.Store(), Index: index, Embedder: w.embedder, L1Bytes: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close(context.Background())
		entry, receipt := hitToReport(t, w)
		say(t, w.Cache, cache.Feedback{Entry: entry.Key, Request: receipt.Request})
		if _, err := w.Store(t.Context(), cache.NewPrompt("acme", "", "how do I reset my password"), cache.Stored{Response: []byte(`"new"`)}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second) // of the bubble's clock
		synctest.Wait()
		if got, receipt := other.Lookup(t.Context(), reworded()); got != nil || receipt.Reason != cache.ReasonSaidWrong {
			t.Errorf("the other replica serves it: %+v", receipt)
		}
	})
}
