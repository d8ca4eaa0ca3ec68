package cache_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
)

const (
	said      = "Open the settings, choose security, and press the button that says reset."
	saidAlike = "open the SETTINGS, choose security, and press the button that says reset"
	saidOther = "Bananas grow in bunches on tall plants with very large leaves in warm countries."
	saidNear  = "Open the settings, choose security, and press the button that says reset. Then wait 5 minutes."
)

// audited is a world whose hits are all audited.
func audited(t *testing.T, adjust ...func(*cache.Options)) (*world, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	w := newWorld(t, append([]func(*cache.Options){func(o *cache.Options) {
		o.Registerer = registry
		o.Rules = func(string, string) cache.Rules {
			rules := cache.DefaultRules()
			rules.Audit.Share = 1
			return rules
		}
	}}, adjust...)...)
	return w, registry
}

// bubble runs a test on a clock of its own.
func bubble(test func(t *testing.T)) func(t *testing.T) {
	return func(t *testing.T) { synctest.Test(t, test) }
}

// outcomes are how audits have ended.
func outcomes(t *testing.T, r *prometheus.Registry) map[string]int {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]int)
	for _, f := range families {
		if f.GetName() == "askonce_audits_total" {
			for _, m := range f.GetMetric() {
				found[m.GetLabel()[0].GetValue()] = int(m.GetCounter().GetValue())
			}
		}
	}
	return found
}

// wantOutcome waits until nothing moves any more; it is for bubbles.
func wantOutcome(t *testing.T, r *prometheus.Registry, outcome string, n int) {
	t.Helper()
	synctest.Wait()
	if found := outcomes(t, r); found[outcome] != n {
		t.Fatalf("audits ended as %v, want %d %s", found, n, outcome)
	}
}

// loads is an origin without a network, which would keep a bubble's clock.
func loads(handler http.HandlerFunc) cache.Load {
	return func(ctx context.Context) (*http.Response, error) {
		to := httptest.NewRecorder()
		handler(to, httptest.NewRequestWithContext(ctx, http.MethodPost, "/", nil))
		return to.Result(), nil
	}
}

// reworded is one of many questions that mean what the stored one does.
func rewordedChat(t *testing.T, n int) *cache.Request {
	t.Helper()
	return chat(t, "how do I reset my password filler"+strings.Repeat("x", n/26)+string(rune('a'+n%26)))
}

// storedAnswer keeps an answer that a rewording will get.
func storedAnswer(t *testing.T, w *world, text string) {
	t.Helper()
	stored := cache.Stored{Response: []byte(answerJSON(text, "stop"))}
	if _, err := w.Store(t.Context(), chat(t, "how do I reset my password"), stored); err != nil {
		t.Fatal(err)
	}
}

// auditing asks a rewording that is answered from the cache and audited.
func auditing(t *testing.T, w *world, n int, origin http.HandlerFunc) *cache.Answer {
	t.Helper()
	req := rewordedChat(t, n)
	req.Audit = loads(origin)
	a := w.fetch(t, req, refuse(t))
	if a.Receipt.Layer != cache.LayerSemantic {
		t.Fatalf("not a semantic hit: %+v", a.Receipt)
	}
	return a
}

func TestAuditsLabelHits(t *testing.T) {
	for _, c := range []struct{ fresh, outcome string }{{saidAlike, "right"}, {saidOther, "wrong"}, {saidNear, "undecided"}} {
		t.Run(c.outcome, bubble(func(t *testing.T) {
			w, registry := audited(t)
			storedAnswer(t, w, said)
			served := auditing(t, w, 1, answers(answerJSON(c.fresh, "stop")))
			wantOutcome(t, registry, c.outcome, 1)

			labels, err := w.Labels(t.Context(), "acme", "default")
			if err != nil || len(labels) != 1 {
				t.Fatalf("labels %+v, %v", labels, err)
			}
			l := labels[0]
			if l.Source != cache.LabelAudit || l.Right != (c.outcome == "right") || l.Undecided != (c.outcome == "undecided") ||
				l.Entry != served.Entry.Key.String() || l.Asked != "how do I reset my password fillerb" || l.Stored != "how do I reset my password" ||
				l.Score == nil || l.Version != "default" || *l.Threshold != 0.95 {
				t.Errorf("label %+v", l)
			}
			_, err = w.Get(t.Context(), "acme", served.Entry.Key)
			if gone := errors.Is(err, cache.ErrNotFound); gone != (c.outcome == "wrong") {
				t.Errorf("the audited answer is gone: %v", gone)
			}
			again := w.fetch(t, rewordedChat(t, 1), refuse(t))
			if again.Receipt.Layer != cache.LayerExact || answerOf(t, again) != c.fresh {
				t.Errorf("the fresh answer is not kept: %+v", again.Receipt)
			}
			found, err := w.LabelRows(t.Context(), "acme", "default", cache.LabelAudit)
			if err != nil || len(found.Rows) != found.Audits || found.Audits+found.Undecided != 1 || found.Feedback != 0 {
				t.Errorf("for tuning: %+v, %v", found, err)
			}
		}))
	}
}

// answerOf is the text of a hit.
func answerOf(t *testing.T, a *cache.Answer) string {
	t.Helper()
	text, err := llm.Said(llm.Chat, a.Entry.Response)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAuditsThatCannotBeMade(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for name, c := range map[string]struct {
		origin  http.HandlerFunc
		outcome string
	}{
		"the provider's limit":  {status(http.StatusTooManyRequests), "limited"},
		"the provider is down":  {status(http.StatusBadGateway), "failed"},
		"an answer cut short":   {answers(answerJSON("Open", "length")), "unusable"},
		"no answer of its kind": {answers(`{}`), "unusable"},
		"a broken stream":       {streams(closed(), event(`{"role":"assistant","content":"Hi"}`, "")), "failed"},
	} {
		t.Run(name, bubble(func(t *testing.T) {
			w, registry := audited(t)
			storedAnswer(t, w, said)
			auditing(t, w, 1, c.origin)
			wantOutcome(t, registry, c.outcome, 1)
			if labels, err := w.Labels(t.Context(), "acme", "default"); err != nil || len(labels) != 0 {
				t.Errorf("labels %+v, %v", labels, err)
			}
		}))
	}
	t.Run("our own limits", bubble(func(t *testing.T) {
		w, registry := audited(t)
		storedAnswer(t, w, said)
		req := rewordedChat(t, 1)
		req.Audit = func(context.Context) (*http.Response, error) {
			return nil, &llm.CallError{Status: http.StatusServiceUnavailable, Code: "rate_limit_exceeded"}
		}
		w.fetch(t, req, refuse(t))
		wantOutcome(t, registry, "limited", 1)
	}))
}

func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

func TestAStreamedAuditIsReadAsOne(t *testing.T) {
	bubble(func(t *testing.T) {
		w, registry := audited(t)
		storedAnswer(t, w, "Paris")
		auditing(t, w, 1, streams(closed(), event(`{"role":"assistant","content":"pa"}`, ""), event(`{"content":"ris."}`, "stop"), doneEvent))
		wantOutcome(t, registry, "right", 1)
	})(t)
}

// Nobody waits for an audit, and when too many wait themselves, they are left out.
func TestAuditsDelayNobody(t *testing.T) {
	bubble(func(t *testing.T) {
		w, registry := audited(t)
		storedAnswer(t, w, said)
		var asked atomic.Int64
		hang := func(ctx context.Context) (*http.Response, error) {
			asked.Add(1)
			<-ctx.Done()
			return nil, ctx.Err()
		}
		const requests = 100
		for n := range requests {
			req := rewordedChat(t, n)
			req.Audit = hang
			w.fetch(t, req, refuse(t))
		}
		synctest.Wait()
		if n, dropped := asked.Load(), outcomes(t, registry)["dropped"]; n > 2 || dropped < requests-64-2 {
			t.Errorf("%d audits at a time, %d dropped", n, dropped)
		}
		begun := time.Now()
		w.close()
		if took := time.Since(begun); took > time.Second {
			t.Errorf("closing waited %v for what nobody waits for", took)
		}
	})(t)
}

func TestWhoIsNotAudited(t *testing.T) {
	bubble(func(t *testing.T) {
		w, registry := audited(t)
		storedAnswer(t, w, said)
		w.fetch(t, rewordedChat(t, 1), refuse(t)) // no credential that may be spent
		private := rewordedChat(t, 2)
		private.NoStore, private.Audit = true, refuse(t)
		w.fetch(t, private, refuse(t))
		exact := chat(t, "how do I reset my password")
		exact.Audit = refuse(t)
		w.fetch(t, exact, refuse(t))
		last := rewordedChat(t, 3)
		last.Audit = loads(answers(answerJSON(said, "stop")))
		w.fetch(t, last, refuse(t))
		wantOutcome(t, registry, "right", 1)
		if all := outcomes(t, registry); len(all) != 1 || all["right"] != 1 {
			t.Errorf("audits ended as %v", all)
		}
	})(t)
}

// In shadow mode the provider is asked anyway, so that audits cost no call.
func TestShadowHitsAreCompared(t *testing.T) {
	bubble(func(t *testing.T) {
		w, registry := audited(t, func(o *cache.Options) {
			o.Rules = func(string, string) cache.Rules {
				rules := cache.DefaultRules()
				rules.Mode = cache.ModeShadow
				return rules
			}
		})
		storedAnswer(t, w, said)
		for n, text := range []string{saidAlike, saidOther} {
			a := w.fetch(t, rewordedChat(t, n), loads(answers(answerJSON(text, "stop"))))
			mustRead(t, a)
			if !a.Receipt.Shadow {
				t.Fatalf("receipt %+v", a.Receipt)
			}
			wantOutcome(t, registry, []string{"right", "wrong"}[n], 1)
		}
		if found, err := w.LabelRows(t.Context(), "acme", "default", ""); err != nil || found.Audits != 2 {
			t.Errorf("labels %+v, %v", found, err)
		}
		if a := w.fetch(t, chat(t, "how do I reset my password"), refuse(t)); a.Entry == nil {
			t.Error("an answer that was not served is gone")
		}
	})(t)
}

func TestTheAlarmTightens(t *testing.T) {
	bubble(func(t *testing.T) {
		var alarms []cache.Alarm
		w, registry := audited(t, func(o *cache.Options) {
			o.Alarmed = func(a cache.Alarm) { alarms = append(alarms, a) }
		})
		for n := range 20 {
			storedAnswer(t, w, said) // the wrong ones are evicted
			auditing(t, w, n, answers(answerJSON("Town "+string(rune('a'+n)), "stop")))
			wantOutcome(t, registry, "wrong", n+1)
			if w.Serving("acme", "default").Current != nil {
				break
			}
		}
		s := w.Serving("acme", "default")
		if s.Current == nil || s.Current.Source != cache.SourceAlarm || s.Current.By != "alarm" || s.Threshold != 1 || s.Version != "v1" {
			t.Fatalf("serving %+v", s)
		}
		a := s.Current.Alarm
		if a == nil || a.Of != "default" || a.Threshold != 0.95 || a.Precision != 0.97 || a.Level != 0.05 || a.Evidence < 20 || a.Right != 0 || a.Wrong < 2 || a.Wrong > 10 {
			t.Errorf("alarm %+v", a)
		}
		if len(alarms) != 1 || alarms[0].To != "v1" || alarms[0].Now != 1 || alarms[0].Namespace != "default" {
			t.Errorf("told of %+v", alarms)
		}
		if found, err := w.Audited(t.Context(), "acme", "default"); err != nil || found.Wrong != 0 || found.Evidence != 1 {
			t.Errorf("the new threshold begins with %+v, %v", found, err)
		}
		storedAnswer(t, w, said)
		if _, r := w.Lookup(t.Context(), rewordedChat(t, 99)); r.Hit() {
			t.Errorf("a rewording is still served: %+v", r)
		}
	})(t)
}

// What replicas have found counts together, and is there after a restart.
func TestAuditsCountTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := audited(t)
		index, err := w.db.Index(w.embedder.Identity(), w.embedder.Dimensions())
		if err != nil {
			t.Fatal(err)
		}
		other, err := cache.New(cache.Options{Store: w.db.Store(), Index: index, Embedder: w.embedder, L1Bytes: -1, Rules: func(string, string) cache.Rules {
			rules := cache.DefaultRules()
			rules.Audit.Share = 1
			return rules
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close(context.Background())
		for n := range 8 {
			storedAnswer(t, w, said)
			replica := []*cache.Cache{w.Cache, other}[n%2]
			text := saidAlike
			if n >= 6 {
				text = saidOther
			}
			req := rewordedChat(t, n)
			req.Audit = loads(answers(answerJSON(text, "stop")))
			if a, err := replica.Fetch(t.Context(), req, refuse(t)); err != nil || a.Receipt.Layer != cache.LayerSemantic {
				t.Fatalf("%d: %+v, %v", n, a, err)
			}
			time.Sleep(2 * time.Second) // of the bubble's clock
			synctest.Wait()
		}
		for _, replica := range []*cache.Cache{w.Cache, other} {
			if found, err := replica.Audited(t.Context(), "acme", "default"); err != nil || found.Right != 6 || found.Wrong != 2 {
				t.Errorf("audited %+v, %v", found, err)
			}
		}
	})
}

// However many audits there were, what is read of them stays small, and none is
// forgotten or counted twice.
func TestTalliesStayShort(t *testing.T) {
	bubble(func(t *testing.T) {
		w, registry := audited(t)
		storedAnswer(t, w, said)
		const hits = 403
		for n := range hits {
			auditing(t, w, n, answers(answerJSON(saidAlike, "stop")))
			time.Sleep(time.Millisecond) // of the bubble's clock
		}
		wantOutcome(t, registry, "right", hits)
		if found, err := w.Audited(t.Context(), "acme", "default"); err != nil || found.Right != hits || found.Wrong+found.Undecided != 0 {
			t.Errorf("audited %+v, %v", found, err)
		}
		sum := sha256.Sum256([]byte("4:acmedefault"))
		rows, err := w.db.Store().(cache.Books).Rows(t.Context(), "audits/"+hex.EncodeToString(sum[:16]))
		if err != nil || len(rows) == 0 || len(rows) > 10 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
	})(t)
}

// An audit was mistaken, and the answer and the memory of the hit are gone: the
// label is there, and a person corrects it.
func TestALabelIsCorrected(t *testing.T) {
	bubble(func(t *testing.T) {
		w, registry := audited(t)
		storedAnswer(t, w, said)
		entry := auditing(t, w, 1, answers(answerJSON(saidOther, "stop"))).Entry.Key
		wantOutcome(t, registry, "wrong", 1)
		w.close()
		again := openWorld(t, w.dir)
		labels, err := again.LatestLabels(t.Context(), "acme", "default")
		if err != nil || len(labels) != 1 || labels[0].Right || labels[0].ID == "" {
			t.Fatalf("labels %+v, %v", labels, err)
		}
		f := cache.Feedback{Tenant: "acme", Namespace: "elsewhere", Entry: entry, Request: rewordedChat(t, 1).Key, Right: true}
		if _, err := again.Feedback(t.Context(), f); !errors.Is(err, cache.ErrNotFound) {
			t.Errorf("a label of another namespace: %v", err)
		}
		f.Namespace = "default"
		time.Sleep(time.Millisecond) // of the bubble's clock
		if r, err := again.Feedback(t.Context(), f); err != nil || !r.Labelled || r.Evicted || r.Namespace != "default" {
			t.Errorf("result %+v, %v", r, err)
		}
		found, err := again.LabelRows(t.Context(), "acme", "default", cache.LabelAudit)
		if err != nil || found.Audits != 1 || !found.Rows[0].Right || found.Rows[0].Asked != rewordedChat(t, 1).Query {
			t.Errorf("for tuning: %+v, %v", found, err)
		}
		storedAnswer(t, again, said)
		if _, err := again.Delete(t.Context(), "acme", f.Request); err != nil { // the fresh answer
			t.Fatal(err)
		}
		if _, receipt := again.Lookup(t.Context(), rewordedChat(t, 1)); !receipt.Hit() {
			t.Errorf("the question still does not get the answer: %+v", receipt)
		}
	})(t)
}
