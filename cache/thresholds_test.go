package cache_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy/guard"
	"github.com/askonce/askonce/policy/tune"
)

// storeAndLook keeps an answer under one prompt and looks another one up,
// which is near and not the same.
func storeAndLook(t *testing.T, w *world) cache.Receipt {
	t.Helper()
	if _, err := w.Store(t.Context(), cache.NewPrompt("acme", "", "how do I reset my password"), cache.Stored{Response: []byte(`"so"`)}); err != nil {
		t.Fatal(err)
	}
	_, receipt := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "how do I reset my password please"))
	return receipt
}

func set(t *testing.T, c *cache.Cache, threshold float64) *cache.Version {
	t.Helper()
	v, err := c.SetThreshold(t.Context(), cache.Change{
		Tenant: "acme", Namespace: "default", Threshold: threshold, Source: cache.SourceTune, By: "key-1",
		Certificate: &tune.Certificate{Method: tune.MethodLookups, Precision: 0.97, N: 120},
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAVersionHoldsAndLasts(t *testing.T) {
	w := newWorld(t)
	if r := storeAndLook(t, w); r.Hit() || r.ThresholdVersion != "default" {
		t.Fatalf("before: %+v", r)
	}
	set(t, w.Cache, 0.9)
	v := set(t, w.Cache, 0.8)
	if v.Number != 2 || v.Judge.Embedder != "bag-of-words/1/64" || v.Judge.Score != cache.ScoreCosine {
		t.Errorf("version %+v", v)
	}
	if r := storeAndLook(t, w); !r.Hit() || r.ThresholdVersion != "v2" || r.Threshold != 0.8 {
		t.Fatalf("with v2: %+v", r)
	}
	_, other := w.Lookup(t.Context(), cache.NewPrompt("acme", "else", "anything"))
	_, stranger := w.Lookup(t.Context(), cache.NewPrompt("rival", "", "anything"))
	for _, r := range []cache.Receipt{other, stranger} {
		if r.ThresholdVersion != "default" {
			t.Errorf("the version reaches beyond its namespace: %+v", r)
		}
	}
	w.close()
	again := openWorld(t, w.dir)
	_, r := again.Lookup(t.Context(), cache.NewPrompt("acme", "", "how do I reset my password please"))
	if !r.Hit() || r.ThresholdVersion != "v2" {
		t.Errorf("after a restart: %+v", r)
	}
	versions, err := again.Versions(t.Context(), "acme", "default")
	if err != nil || len(versions) != 2 || versions[1].Threshold != 0.9 || versions[0].By != "key-1" ||
		versions[0].Certificate.N != 120 || time.Since(versions[0].At) > time.Minute {
		t.Errorf("history %+v, %v", versions, err)
	}
}

func TestAThresholdOfAnotherJudgeIsVoid(t *testing.T) {
	w := newWorld(t)
	set(t, w.Cache, 0.8)
	w.close()
	for why, rules := range map[string]func(*cache.Rules){
		"guards": func(r *cache.Rules) { r.Guards = guard.None },
		"score":  func(r *cache.Rules) { r.Score = cache.ScoreVerified },
	} {
		again := openWorld(t, w.dir, func(o *cache.Options) {
			r := cache.DefaultRules()
			rules(&r)
			o.Rules = func(string, string) cache.Rules { return r }
		})
		r := storeAndLook(t, again)
		if want := "default(v1 void: " + why + ")"; r.Hit() || r.ThresholdVersion != want || r.Threshold != cache.DefaultRules().Threshold {
			t.Errorf("other %s: version %q, threshold %v, hit %v", why, r.ThresholdVersion, r.Threshold, r.Hit())
		}
		if s := again.Serving("acme", "default"); s.Void != why || s.Current.Number != 1 || s.Threshold != cache.DefaultRules().Threshold {
			t.Errorf("other %s: serving %+v", why, s)
		}
		again.close()
	}
	again := openWorld(t, w.dir)
	if r := storeAndLook(t, again); !r.Hit() || r.ThresholdVersion != "v1" {
		t.Errorf("with the old judge again: %+v", r)
	}
}

func TestRollBack(t *testing.T) {
	w := newWorld(t)
	set(t, w.Cache, 0.8)
	set(t, w.Cache, 0.99)
	v, err := w.RollBack(t.Context(), "acme", "default", 1, "key-2")
	if err != nil || v.Number != 3 || v.Of != 1 || v.Threshold != 0.8 || v.Certificate == nil || v.By != "key-2" {
		t.Fatalf("version %+v, %v", v, err)
	}
	if r := storeAndLook(t, w); !r.Hit() || r.ThresholdVersion != "v3" {
		t.Errorf("receipt %+v", r)
	}
	if _, err := w.RollBack(t.Context(), "acme", "default", 0, "key-2"); err != nil {
		t.Fatal(err)
	}
	if r := storeAndLook(t, w); r.Hit() || r.ThresholdVersion != "default" {
		t.Errorf("receipt %+v", r)
	}
	if _, err := w.RollBack(t.Context(), "acme", "default", 9, "key-2"); !errors.Is(err, cache.ErrNoVersion) {
		t.Errorf("rolled back to what never was: %v", err)
	}
	if _, err := w.RollBack(t.Context(), "acme", "other", 1, "key-2"); !errors.Is(err, cache.ErrNoVersion) {
		t.Errorf("rolled back to another namespace's version: %v", err)
	}
}

func TestVersionsMadeAtOnceAllCount(t *testing.T) {
	w := newWorld(t)
	const each = 4
	var group sync.WaitGroup
	for range each {
		group.Go(func() {
			_, err := w.SetThreshold(context.Background(), cache.Change{Tenant: "acme", Namespace: "default", Threshold: 0.9, Source: cache.SourceSet})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	versions, err := w.Versions(t.Context(), "acme", "default")
	if err != nil || len(versions) != each || versions[0].Number != each {
		t.Errorf("versions %+v, %v", versions, err)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	w := newWorld(t)
	for range 103 {
		set(t, w.Cache, 0.9)
	}
	versions, err := w.Versions(t.Context(), "acme", "default")
	if err != nil || len(versions) != 100 || versions[0].Number != 103 || versions[99].Number != 4 {
		t.Errorf("%d versions, %v", len(versions), err)
	}
}

func TestBadThresholdsAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, threshold := range []float64{-0.1, 1.1} {
		if _, err := w.SetThreshold(t.Context(), cache.Change{Tenant: "acme", Namespace: "default", Threshold: threshold}); err == nil {
			t.Errorf("%v is taken", threshold)
		}
	}
}

// Two caches on one store are two replicas.
func TestOtherReplicasSeeAVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		index, err := w.db.Index(w.embedder.Identity(), w.embedder.Dimensions())
		if err != nil {
			t.Fatal(err)
		}
		other, err := cache.New(cache.Options{Store: w.db.Store(), Index: index, Embedder: w.embedder})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close(context.Background())
		set(t, w.Cache, 0.8)
		time.Sleep(2 * time.Second) // of the bubble's clock
		synctest.Wait()
		if s := other.Serving("acme", "default"); s.Version != "v1" || s.Threshold != 0.8 {
			t.Errorf("after two seconds the other replica serves by %+v", s)
		}
	})
}

func TestACallerRaisesAVersionsThreshold(t *testing.T) {
	w := newWorld(t)
	set(t, w.Cache, 0.8)
	storeAndLook(t, w)
	for asked, want := range map[float64]bool{0.99: false, 0.1: true} {
		req := cache.NewPrompt("acme", "", "how do I reset my password please")
		req.Threshold = asked
		_, r := w.Lookup(t.Context(), req)
		if r.Hit() != want || r.Clamped != (asked < 0.8) || !strings.HasPrefix(r.ThresholdVersion, "v1") {
			t.Errorf("asked for %v: %+v", asked, r)
		}
	}
}
