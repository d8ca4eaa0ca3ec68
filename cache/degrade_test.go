package cache_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askonce/askonce/cache"
)

// faultyStore is a real store that can be made to fail or to hang.
type faultyStore struct {
	cache.Store
	down, hang atomic.Bool
	calls      atomic.Int64
	hold       atomic.Pointer[chan struct{}] // writes wait for it to be closed
}

var errDown = errors.New("connection refused")

func (s *faultyStore) trouble(ctx context.Context) error {
	s.calls.Add(1)
	if s.hang.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	if s.down.Load() {
		return errDown
	}
	return nil
}

func (s *faultyStore) Get(ctx context.Context, key cache.Key) (cache.Record, error) {
	if err := s.trouble(ctx); err != nil {
		return cache.Record{}, err
	}
	return s.Store.Get(ctx, key)
}

func (s *faultyStore) Put(ctx context.Context, records []cache.Record) error {
	if hold := s.hold.Load(); hold != nil {
		<-*hold
	}
	if err := s.trouble(ctx); err != nil {
		return err
	}
	return s.Store.Put(ctx, records)
}

// faultyIndex is a real index that can be made to hang, or to fail to write.
type faultyIndex struct {
	cache.Index
	hang, readOnly atomic.Bool
}

func (i *faultyIndex) Upsert(ctx context.Context, points []cache.Point) error {
	if i.readOnly.Load() {
		return errDown
	}
	return i.Index.Upsert(ctx, points)
}

func (i *faultyIndex) Nearest(ctx context.Context, q cache.Nearest) ([]cache.Candidate, error) {
	if i.hang.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return i.Index.Nearest(ctx, q)
}

// faultyWorld is a world whose store and index can fail, without a first
// level that would hide it.
func faultyWorld(t *testing.T) (*world, *faultyStore, *faultyIndex) {
	store, index := &faultyStore{}, &faultyIndex{}
	w := newWorld(t, func(o *cache.Options) {
		store.Store, index.Index = o.Store, o.Index
		o.Store, o.Index, o.L1Bytes = store, index, -1
	})
	return w, store, index
}

func TestAStoreThatIsDownIsAMiss(t *testing.T) {
	w, store, _ := faultyWorld(t)
	o := newOrigin(t, answers(answerJSON("Hello.", "stop")))
	store.down.Store(true)
	a := w.fetch(t, chat(t, "say hello"), o.load)
	if mustRead(t, a) == "" || !slices.Contains(a.Receipt.Degraded, "store") {
		t.Errorf("receipt %+v", a.Receipt)
	}
	if _, err := w.Store(t.Context(), chat(t, "say hello"), cache.Stored{Response: []byte(`{}`)}); !errors.Is(err, cache.ErrUnavailable) {
		t.Errorf("Store: %v, want ErrUnavailable", err)
	}
}

func TestTheBreakerKeepsCallsAwayAndRecovers(t *testing.T) {
	w, store, _ := faultyWorld(t)
	w.learn(t, cache.NewPrompt("acme", "", "alpha beta"), `"x"`)
	store.down.Store(true)
	for range 20 {
		w.Lookup(t.Context(), cache.NewPrompt("acme", "", "alpha beta"))
	}
	before := store.calls.Load()
	w.Lookup(t.Context(), cache.NewPrompt("acme", "", "alpha beta"))
	if store.calls.Load() != before {
		t.Error("a store that failed many times in a row is still asked")
	}
	if s := w.Status()[0]; s.Name != "store" || s.State != "degraded" || s.LastError == "" {
		t.Errorf("status %+v", s)
	}
	store.down.Store(false)
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		if entry, _ := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "alpha beta")); entry != nil {
			return
		}
	}
	t.Error("the store is back, but not asked again")
}

// What was answered while the index took no writes is found by its meaning once
// it does, without being asked for and stored again.
func TestTheIndexGetsWhatItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, index := faultyWorld(t)
		defer w.close()
		index.readOnly.Store(true)
		const questions = 10 // more than open the breaker
		for i := range questions {
			w.Keep(chat(t, "alpha beta gamma delta "+string(rune('a'+i))), cache.Stored{Response: []byte(answerJSON("Hello.", "stop"))})
			time.Sleep(time.Second) // of the bubble's clock
		}
		index.readOnly.Store(false)
		time.Sleep(10 * time.Second)
		for i := range questions {
			if entry, r := w.Lookup(t.Context(), chat(t, "delta gamma beta alpha "+string(rune('a'+i)))); entry == nil {
				t.Errorf("question %d is not found in other words: %+v", i, r)
			}
		}
	})
}

func TestAnEmbedderThatIsDownLeavesTheExactLayer(t *testing.T) {
	w := newWorld(t)
	o := newOrigin(t, answers(answerJSON("Hello.", "stop")))
	w.embedder.fail.Store(true)
	a := w.fetch(t, chat(t, "say hello"), o.load)
	mustRead(t, a)
	if a.Receipt.Reason != cache.ReasonEmbedUnavailable || !slices.Contains(a.Receipt.Degraded, "embedder") {
		t.Errorf("receipt %+v", a.Receipt)
	}
	if a := w.fetch(t, chat(t, "say hello"), refuse(t)); a.Receipt.Layer != cache.LayerExact {
		t.Errorf("receipt %+v", a.Receipt)
	}
	result, err := w.Store(t.Context(), cache.NewPrompt("acme", "", "q"), cache.Stored{Response: []byte(`"x"`)})
	if err != nil || result.Semantic != "skipped" || result.Reason != cache.ReasonEmbedUnavailable {
		t.Errorf("Store: %+v, %v", result, err)
	}
}

func TestHangingDependenciesStayWithinTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, store, index := faultyWorld(t)
		defer w.close()
		store.hang.Store(true)
		index.hang.Store(true)
		start := time.Now()
		entry, r := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "alpha beta"))
		if took := time.Since(start); entry != nil || took > 250*time.Millisecond {
			t.Errorf("took %v (receipt %+v), want at most the budget of 250 ms", took, r)
		}
		if !slices.Equal(r.Degraded, []string{"store", "index"}) {
			t.Errorf("degraded %v", r.Degraded)
		}
	})
}

func TestADamagedEntryIsACountedMiss(t *testing.T) {
	w, store, _ := faultyWorld(t)
	id := w.learn(t, cache.NewPrompt("acme", "", "alpha beta"), `"x"`).Key
	rec, err := store.Store.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rec.Value {
		damaged := rec
		damaged.Value = slices.Clone(rec.Value)
		damaged.Value[i] ^= 0x40
		if err := store.Store.Put(t.Context(), []cache.Record{damaged}); err != nil {
			t.Fatal(err)
		}
		if entry, _ := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "alpha beta")); entry != nil {
			t.Fatalf("served with byte %d damaged", i)
		}
	}
}

func TestARecordUnderAnotherKeyIsDamaged(t *testing.T) {
	w, store, _ := faultyWorld(t)
	id := w.learn(t, cache.NewPrompt("acme", "", "alpha beta"), `"x"`).Key
	rec, err := store.Store.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	other := cache.NewPrompt("acme", "", "quite another question")
	rec.Key = other.Key
	if err := store.Store.Put(t.Context(), []cache.Record{rec}); err != nil {
		t.Fatal(err)
	}
	if entry, _ := w.Lookup(t.Context(), other); entry != nil {
		t.Error("an answer that a store filed under another question's key was served")
	}
}
