package cache_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
)

// learn stores text as the answer to req.
func (w *world) learn(t *testing.T, req *cache.Request, text string) cache.StoreResult {
	t.Helper()
	result, err := w.Store(t.Context(), req, cache.Stored{Response: []byte(text)})
	if err != nil {
		t.Fatalf("Store: %v", err)
	}
	return result
}

func TestLookupServesARewordedQuestion(t *testing.T) {
	w := newWorld(t)
	stored := w.learn(t, cache.NewPrompt("acme", "", "how do I enable login"), `"Like this."`)
	if stored.Semantic != "stored" {
		t.Fatalf("store: %+v", stored)
	}
	entry, receipt := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "how do I enable login filler"))
	if entry == nil || receipt.Layer != cache.LayerSemantic || string(entry.Response) != `"Like this."` {
		t.Fatalf("entry %v, receipt %+v", entry, receipt)
	}
	if receipt.Nearest < 0.95 || receipt.Nearest >= 1 || receipt.Threshold != 0.95 || receipt.ThresholdVersion != "default" {
		t.Errorf("receipt %+v", receipt)
	}
	if entry.Prompt != "how do I enable login" {
		t.Errorf("prompt %q is not the stored one", entry.Prompt)
	}
}

func TestLookupNeverCrossesAnOwner(t *testing.T) {
	w := newWorld(t)
	w.learn(t, cache.NewPrompt("acme", "shop", "what is my balance"), `"42"`)
	for name, req := range map[string]*cache.Request{
		"another tenant":       cache.NewPrompt("other", "shop", "what is my balance"),
		"another namespace":    cache.NewPrompt("acme", "bank", "what is my balance"),
		"the endpoint's scope": chat(t, "what is my balance"),
	} {
		if entry, receipt := w.Lookup(t.Context(), req); entry != nil {
			t.Errorf("%s was served: %+v", name, receipt)
		}
	}
}

func TestLookupKeepsConversationsApart(t *testing.T) {
	w := newWorld(t)
	about := func(person string) *cache.Request {
		return chatBody(t, `{"model":"m","messages":[{"role":"user","content":"tell me about `+person+`"},`+
			`{"role":"assistant","content":"ok"},{"role":"user","content":"how old is he"}]}`)
	}
	w.learn(t, about("Ann"), answerJSON("30", "stop"))
	if entry, _ := w.Lookup(t.Context(), about("Bob")); entry != nil {
		t.Error("the same last turn after another history was served")
	}
	if entry, _ := w.Lookup(t.Context(), about("Ann")); entry == nil {
		t.Error("the same conversation was not served")
	}
}

func TestLookupThresholdMayOnlyRise(t *testing.T) {
	w := newWorld(t)
	w.learn(t, cache.NewPrompt("acme", "", "alpha beta gamma delta"), `"x"`)
	ask := func(text string, threshold float64) (bool, cache.Receipt) {
		req := cache.NewPrompt("acme", "", text)
		req.Threshold = threshold
		entry, receipt := w.Lookup(t.Context(), req)
		return entry != nil, receipt
	}
	if hit, r := ask("alpha beta gamma delta filler", 0.9999); hit || r.Threshold != 0.9999 || r.Reason != cache.ReasonBelowThreshold {
		t.Errorf("raised: hit %v, %+v", hit, r)
	}
	if hit, r := ask("alpha beta gamma other", 0.5); hit || !r.Clamped || r.Threshold != 0.95 || !r.HasNearest {
		t.Errorf("lowered: hit %v, %+v", hit, r)
	}
}

func TestLookupExactOnlySaysWhy(t *testing.T) {
	w := newWorld(t)
	tests := []struct {
		name string
		req  *cache.Request
		why  cache.Reason
	}{
		{"no text", cache.NewPrompt("acme", "", "  "), "empty"},
		{"too long to embed", cache.NewPrompt("acme", "", strings.Repeat("long ", 300)), cache.ReasonTooLong},
		{"a tool result", chatBody(t, `{"model":"m","messages":[{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"r"}]}`), "tool_result"},
		{"an image", chatBody(t, `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"what"},{"type":"image_url","image_url":{"url":"https://x"}}]}]}`), "image"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, r := w.Lookup(t.Context(), test.req); r.Reason != test.why {
				t.Errorf("reason %q, want %q", r.Reason, test.why)
			}
			result := w.learn(t, test.req, `"x"`)
			if result.Semantic != "skipped" || result.Reason != test.why {
				t.Errorf("store: %+v", result)
			}
			if entry, _ := w.Lookup(t.Context(), test.req); entry == nil {
				t.Error("the exact layer does not answer")
			}
		})
	}
}

func TestLookupEmbedsOnce(t *testing.T) {
	w := newWorld(t)
	o := newOrigin(t, answers(answerJSON("Hello.", "stop")))
	mustRead(t, w.fetch(t, chat(t, "one two three"), o.load))
	w.close() // drains the queue
	if n := w.embedder.calls.Load(); n != 1 {
		t.Errorf("a miss embedded %d times, want once", n)
	}
}

func TestLookupNearestWinsTiesByAge(t *testing.T) {
	w := newWorld(t)
	w.learn(t, cache.NewPrompt("acme", "", "alpha beta gamma delta epsilon zeta eta theta filler"), `"oldest"`)
	w.learn(t, cache.NewPrompt("acme", "", "filler alpha beta gamma delta epsilon zeta eta theta"), `"younger"`)
	entry, r := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "alpha beta gamma delta epsilon zeta eta theta"))
	if entry == nil || string(entry.Response) != `"oldest"` {
		t.Errorf("served %v, %+v", entry, r)
	}
}

func TestLookupRemovesAnOrphan(t *testing.T) {
	w := newWorld(t)
	result := w.learn(t, cache.NewPrompt("acme", "", "alpha beta gamma"), `"x"`)
	w.close()
	w = openWorld(t, w.dir) // nothing in the first level
	index, err := w.db.Index(w.embedder.Identity(), w.embedder.Dimensions())
	if err != nil {
		t.Fatal(err)
	}
	orphan := cache.Point{Key: cache.Key{1}, Scope: scopeOf(t, w, result.Key), Vector: bag("alpha beta gamma filler"),
		Created: time.Now(), Expires: time.Now().Add(time.Hour)}
	if err := index.Upsert(t.Context(), []cache.Point{orphan}); err != nil {
		t.Fatal(err)
	}
	entry, _ := w.Lookup(t.Context(), cache.NewPrompt("acme", "", "alpha beta gamma filler"))
	if entry == nil || entry.Key != result.Key {
		t.Errorf("an orphan nearer than a good candidate hid it: %v", entry)
	}
	w.Cache.Close(t.Context())
	left, err := index.Nearest(t.Context(), cache.Nearest{Scope: orphan.Scope, Vector: orphan.Vector, K: 5})
	if err != nil || len(left) != 1 || left[0].Key != result.Key {
		t.Errorf("points left: %+v, %v; want the good one alone", left, err)
	}
}

// scopeOf finds the scope that a stored prompt's point is in, by asking the
// index of a wrapped world what it was asked for.
func scopeOf(t *testing.T, w *world, key cache.Key) cache.Scope {
	t.Helper()
	index, err := w.db.Index(w.embedder.Identity(), w.embedder.Dimensions())
	if err != nil {
		t.Fatal(err)
	}
	spy := &scopeSpy{Index: index}
	c, err := cache.New(cache.Options{Store: w.db.Store(), Index: spy, Embedder: w.embedder})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	c.Lookup(t.Context(), cache.NewPrompt("acme", "", "scope of the default namespace"))
	return spy.scope
}

type scopeSpy struct {
	cache.Index
	scope cache.Scope
}

func (s *scopeSpy) Nearest(ctx context.Context, q cache.Nearest) ([]cache.Candidate, error) {
	s.scope = q.Scope
	return s.Index.Nearest(ctx, q)
}

func TestLookupRefusesWhatALyingIndexReturns(t *testing.T) {
	w := newWorld(t)
	secret := w.learn(t, cache.NewPrompt("other", "", "alpha beta gamma"), `"another tenant's"`)
	elsewhere := w.learn(t, chat(t, "alpha beta gamma"), answerJSON("of another scope", "stop"))
	for name, key := range map[string]cache.Key{"of another tenant": secret.Key, "of another scope": elsewhere.Key} {
		liar := &lyingIndex{key: key}
		c, err := cache.New(cache.Options{Store: w.db.Store(), Index: liar, Embedder: w.embedder})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(t.Context())
		if entry, r := c.Lookup(t.Context(), cache.NewPrompt("acme", "", "alpha beta gamma filler")); entry != nil {
			t.Errorf("an entry %s was served: %+v", name, r)
		}
	}
}

// lyingIndex calls one entry the perfect match of everything.
type lyingIndex struct{ key cache.Key }

func (l *lyingIndex) Nearest(context.Context, cache.Nearest) ([]cache.Candidate, error) {
	return []cache.Candidate{{Key: l.key, Similarity: 1, Expires: time.Now().Add(time.Hour)}}, nil
}
func (*lyingIndex) Upsert(context.Context, []cache.Point) error { return nil }
func (*lyingIndex) Delete(context.Context, []cache.Key) error   { return nil }

func TestStoreRefusesWhatIsTooLarge(t *testing.T) {
	w := newWorld(t, func(o *cache.Options) { o.MaxEntryBytes = 10 })
	_, err := w.Store(t.Context(), cache.NewPrompt("acme", "", "q"), cache.Stored{Response: []byte(`"0123456789"`)})
	if !errors.Is(err, cache.ErrTooLarge) {
		t.Errorf("error %v", err)
	}
}

func TestStoreLifetimes(t *testing.T) {
	w := newWorld(t)
	req := cache.NewPrompt("acme", "", "q")
	before := time.Now()
	usual := w.learn(t, req, `"x"`).Expires.Sub(before)
	if usual > 24*time.Hour+time.Minute || usual < 22*time.Hour {
		t.Errorf("default life %v, want 24 h less at most a twentieth", usual)
	}
	req.TTL = 90 * time.Second
	if asked := w.learn(t, req, `"x"`).Expires.Sub(before); asked < req.TTL || asked > req.TTL+time.Minute {
		t.Errorf("asked for %v, got %v", req.TTL, asked)
	}
}

func TestOptionsReportEveryProblem(t *testing.T) {
	_, err := cache.New(cache.Options{Embedder: &bagOfWords{}, Budget: -1, MaxEntryBytes: -1, QueueBytes: -1})
	for _, key := range []string{"Store", "Index, Embedder", "Budget", "MaxEntryBytes", "QueueBytes"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s is not named in: %v", key, err)
		}
	}
}
