package cache_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
)

func TestFetchKeepsACompleteAnswer(t *testing.T) {
	w := newWorld(t)
	o := newOrigin(t, answers(answerJSON("Hello.", "stop")))
	first := w.fetch(t, chat(t, "say hello"), o.load)
	if first.Entry != nil || first.Receipt.Reason != cache.ReasonNoNeighbour {
		t.Fatalf("first: entry %v, reason %q; want a miss without neighbours", first.Entry, first.Receipt.Reason)
	}
	body := mustRead(t, first)
	second := w.fetch(t, chat(t, "say hello"), refuse(t))
	if second.Entry == nil || second.Receipt.Layer != cache.LayerExact {
		t.Fatalf("second: %+v, want an exact hit", second.Receipt)
	}
	if got := string(second.Entry.Response); got != body {
		t.Errorf("second answer %s\nfirst %s", got, body)
	}
	if u := second.Entry.Usage; u.Input != 9 || u.Output != 3 || !second.Entry.HasUsage {
		t.Errorf("usage %+v", u)
	}
	if second.Entry.Key != first.Key {
		t.Errorf("the hit's key %s is not the one announced on the miss %s", second.Entry.Key, first.Key)
	}
}

func TestFetchSurvivesARestart(t *testing.T) {
	w := newWorld(t)
	o := newOrigin(t, answers(answerJSON("Hello.", "stop")))
	mustRead(t, w.fetch(t, chat(t, "one two three four"), o.load))
	w.close()
	w = openWorld(t, w.dir)
	if a := w.fetch(t, chat(t, "one two three four"), refuse(t)); a.Receipt.Layer != cache.LayerExact {
		t.Errorf("after a restart: %+v, want an exact hit", a.Receipt)
	}
	if a := w.fetch(t, chat(t, "one two three four filler"), refuse(t)); a.Receipt.Layer != cache.LayerSemantic {
		t.Errorf("after a restart: %+v, want a semantic hit", a.Receipt)
	}
}

func TestFetchDoesNotKeep(t *testing.T) {
	stream := func(parts ...string) http.HandlerFunc {
		next := make(chan struct{})
		close(next)
		return streams(next, parts...)
	}
	tests := []struct {
		name   string
		origin http.HandlerFunc
	}{
		{"an answer cut by the token limit", answers(answerJSON("Hel", "length"))},
		{"an error with status 200", answers(`{"error":{"message":"no","type":"server_error"}}`)},
		{"something that is not JSON", answers(`<html>`)},
		{"an error status", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			io.WriteString(w, answerJSON("Hello.", "stop"))
		}},
		{"a body that breaks off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10000")
			io.WriteString(w, answerJSON("Hello.", "stop"))
		}},
		{"a compressed body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			io.WriteString(w, answerJSON("Hello.", "stop"))
		}},
		{"a stream without its terminal event", stream(event(`{"role":"assistant","content":"Hi"}`, ""), event(`{}`, "stop"))},
		{"a stream without a finish reason", stream(event(`{"role":"assistant","content":"Hi"}`, ""), doneEvent)},
		{"a stream with an error event", stream(event(`{"content":"Hi"}`, ""), "data: {\"error\":{\"message\":\"overloaded\"}}\n\n", doneEvent)},
		{"a stream with a broken event", stream(event(`{"content":"Hi"}`, "stop"), "data: {\"choices\":[\n\n", doneEvent)},
		{"a stream with an error status", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.WriteHeader(http.StatusBadGateway)
			io.WriteString(w, event(`{"role":"assistant","content":"Hi"}`, "stop")+doneEvent)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			o := newOrigin(t, test.origin)
			for range 2 {
				a, err := w.Fetch(t.Context(), chat(t, "say hello"), o.load)
				if err != nil {
					if !errors.Is(err, cache.ErrBrokenOff) {
						t.Fatal(err)
					}
					continue
				}
				if a.Entry != nil {
					t.Fatalf("served from the cache: %s", a.Entry.Response)
				}
				read(t, a)
				a.Close()
			}
			if n := o.calls.Load(); n != 2 {
				t.Errorf("%d calls of the origin, want 2", n)
			}
		})
	}
}

func TestFetchPassesABrokenBodyOnAsBroken(t *testing.T) {
	w := newWorld(t)
	o := newOrigin(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Content-Length", "10000")
		io.WriteString(w, event(`{"content":"Hi"}`, ""))
	})
	body, err := read(t, w.fetch(t, chat(t, "say hello"), o.load))
	if err == nil || !strings.Contains(body, "Hi") {
		t.Errorf("body %q, error %v; want what came and an error", body, err)
	}
}

func TestFetchToolCallsServeIdenticalRequestsOnly(t *testing.T) {
	w := newWorld(t)
	doc := `{"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,` +
		`"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}`
	o := newOrigin(t, answers(doc))
	mustRead(t, w.fetch(t, chat(t, "one two three four"), o.load))
	if a := w.fetch(t, chat(t, "one two three four"), refuse(t)); a.Receipt.Layer != cache.LayerExact {
		t.Errorf("the identical request: %+v, want an exact hit", a.Receipt)
	}
	if entry, receipt := w.Lookup(t.Context(), chat(t, "one two three four filler")); entry != nil {
		t.Errorf("a reworded request was served a tool call: %+v", receipt)
	}
}

func TestFetchKeepsAStreamWhoseLastEventIsNotTerminated(t *testing.T) {
	w := newWorld(t)
	next := make(chan struct{})
	close(next)
	o := newOrigin(t, streams(next, event(`{"role":"assistant","content":"Hi"}`, "stop"), "data: [DONE]"))
	mustRead(t, w.fetch(t, chat(t, "say hello"), o.load))
	if a := w.fetch(t, chat(t, "say hello"), refuse(t)); a.Entry == nil {
		t.Errorf("not kept: %+v", a.Receipt)
	}
}

func TestFetchStreamIsSharedAndVisibleBeforeItsLastByte(t *testing.T) {
	w := newWorld(t)
	next := make(chan struct{})
	o := newOrigin(t, streams(next,
		event(`{"role":"assistant","content":"Hel"}`, ""), event(`{"content":"lo."}`, "stop"), doneEvent))
	lead := w.fetch(t, chat(t, "say hello"), o.load)
	if part, err := lead.Next(t.Context()); err != nil || !strings.Contains(string(part), "Hel") {
		t.Fatalf("first part %q, %v", part, err)
	}
	late := w.fetch(t, chat(t, "say hello"), refuse(t))
	if !late.Receipt.Joined {
		t.Fatal("the second request did not join the first")
	}
	next <- struct{}{}
	lead.Next(t.Context())
	next <- struct{}{}
	last, err := lead.Next(t.Context())
	if err != nil || string(last) != doneEvent {
		t.Fatalf("last part %q, %v", last, err)
	}
	if a := w.fetch(t, chat(t, "say hello"), refuse(t)); a.Entry == nil {
		t.Error("the terminal event was read, but the answer is not visible yet")
	}
	if got := mustRead(t, late); !strings.Contains(got, "Hel") || !strings.Contains(got, "lo.") || !strings.HasSuffix(got, doneEvent) {
		t.Errorf("the late joiner got %q", got)
	}
	if n := o.calls.Load(); n != 1 {
		t.Errorf("%d calls of the origin, want 1", n)
	}
}

func TestFetchJoinerMayWantTheOtherForm(t *testing.T) {
	w := newWorld(t)
	next := make(chan struct{})
	o := newOrigin(t, streams(next, event(`{"role":"assistant","content":"Hello."}`, "stop"), doneEvent))
	lead := w.fetch(t, chat(t, "say hello"), o.load)
	joined := w.fetch(t, chat(t, "say hello"), refuse(t))
	close(next)
	doc, err := joined.Whole(t.Context())
	if err != nil || !strings.Contains(string(doc), `"chat.completion"`) || !strings.Contains(string(doc), "Hello.") {
		t.Errorf("whole document %q, %v", doc, err)
	}
	mustRead(t, lead)
}

func TestFetchOutlivesTheCallerWhoStartedIt(t *testing.T) {
	w := newWorld(t)
	next := make(chan struct{})
	o := newOrigin(t, streams(next, event(`{"role":"assistant","content":"Hel"}`, ""), event(`{"content":"lo."}`, "stop")+doneEvent))
	ctx, hangUp := context.WithCancel(t.Context())
	lead, err := w.Fetch(ctx, chat(t, "say hello"), o.load)
	if err != nil {
		t.Fatal(err)
	}
	other := w.fetch(t, chat(t, "say hello"), refuse(t))
	hangUp()
	if err := drain(ctx, lead); !errors.Is(err, context.Canceled) {
		t.Errorf("the caller who hung up reads on: %v", err)
	}
	lead.Close()
	close(next)
	if got := mustRead(t, other); !strings.HasSuffix(got, doneEvent) {
		t.Errorf("the other caller got %q", got)
	}
}

// drain reads until an error.
func drain(ctx context.Context, a *cache.Answer) error {
	for {
		if _, err := a.Next(ctx); err != nil {
			return err
		}
	}
}

func TestFetchEndsACallThatNobodyNeeds(t *testing.T) {
	w := newWorld(t)
	ended := make(chan struct{})
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, event(`{"content":"Hi"}`, ""))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		close(ended)
	})
	req := chat(t, "say hello")
	req.NoStore = true
	a, err := w.Fetch(t.Context(), req, o.load)
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the origin call goes on, though nobody waits for it and nothing will be stored")
	}
}

func TestFetchDirectives(t *testing.T) {
	known := func(t *testing.T) (*world, *origin) {
		w := newWorld(t)
		o := newOrigin(t, answers(answerJSON("Hello.", "stop")))
		mustRead(t, w.fetch(t, chat(t, "say hello"), o.load))
		return w, o
	}
	ask := func(t *testing.T, w *world, o *origin, set func(*cache.Request)) *cache.Answer {
		req := chat(t, "say hello")
		set(req)
		a := w.fetch(t, req, o.load)
		read(t, a)
		return a
	}
	t.Run("no-cache asks again and replaces", func(t *testing.T) {
		w, o := known(t)
		if a := ask(t, w, o, func(r *cache.Request) { r.NoCache = true }); a.Entry != nil {
			t.Error("served from the cache")
		}
		if n := o.calls.Load(); n != 2 {
			t.Errorf("%d calls, want 2", n)
		}
	})
	t.Run("no-cache never joins", func(t *testing.T) {
		w := newWorld(t)
		next := make(chan struct{})
		o := newOrigin(t, streams(next, event(`{"content":"Hi"}`, "stop"), doneEvent))
		w.fetch(t, chat(t, "say hello"), o.load)
		req := chat(t, "say hello")
		req.NoCache = true
		if a := w.fetch(t, req, o.load); a.Receipt.Joined {
			t.Error("joined")
		}
		close(next)
		if n := o.calls.Load(); n != 2 {
			t.Errorf("%d calls, want 2", n)
		}
	})
	t.Run("no-store leaves nothing", func(t *testing.T) {
		w := newWorld(t)
		o := newOrigin(t, answers(answerJSON("Hello.", "stop")))
		ask(t, w, o, func(r *cache.Request) { r.NoStore = true })
		if entry, _ := w.Lookup(t.Context(), chat(t, "say hello")); entry != nil {
			t.Error("the answer was kept")
		}
	})
	t.Run("off neither reads nor writes", func(t *testing.T) {
		w, o := known(t)
		if a := ask(t, w, o, func(r *cache.Request) { r.Mode = cache.ModeOff }); a.Entry != nil || a.Receipt.Reason != cache.ReasonOff {
			t.Errorf("%+v", a.Receipt)
		}
	})
	t.Run("only-if-cached hits", func(t *testing.T) {
		w, o := known(t)
		if a := ask(t, w, o, func(r *cache.Request) { r.OnlyIfCached = true }); a.Entry == nil {
			t.Error("missed")
		}
	})
	t.Run("only-if-cached misses", func(t *testing.T) {
		w := newWorld(t)
		req := chat(t, "say hello")
		req.OnlyIfCached = true
		a, err := w.Fetch(t.Context(), req, refuse(t))
		if !errors.Is(err, cache.ErrNotCached) || a.Receipt.Reason != cache.ReasonNoNeighbour {
			t.Errorf("error %v, answer %+v", err, a)
		}
	})
	t.Run("max-age refuses what is older", func(t *testing.T) {
		w, o := known(t)
		a := ask(t, w, o, func(r *cache.Request) { r.HasMaxAge = true })
		if a.Entry != nil || a.Receipt.Reason != cache.ReasonTooOld {
			t.Errorf("%+v", a.Receipt)
		}
	})
	t.Run("min-fresh refuses what dies sooner", func(t *testing.T) {
		w, o := known(t)
		a := ask(t, w, o, func(r *cache.Request) { r.MinFresh = 48 * time.Hour })
		if a.Entry != nil || a.Receipt.Reason != cache.ReasonExpired {
			t.Errorf("%+v", a.Receipt)
		}
	})
	t.Run("a tag that the entry lacks", func(t *testing.T) {
		w, o := known(t)
		a := ask(t, w, o, func(r *cache.Request) { r.Tags = []string{"v2"} })
		if a.Entry != nil || a.Receipt.Reason != cache.ReasonTags {
			t.Errorf("%+v", a.Receipt)
		}
		if a := ask(t, w, o, func(r *cache.Request) { r.Tags = []string{"v2"} }); a.Entry == nil {
			t.Errorf("the tagged answer is not found: %+v", a.Receipt)
		}
	})
}

func TestFetchReturnsTheLoadersError(t *testing.T) {
	w := newWorld(t)
	broken := errors.New("broken")
	_, err := w.Fetch(t.Context(), chat(t, "say hello"), func(context.Context) (*http.Response, error) { return nil, broken })
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	_, err = w.Fetch(t.Context(), chat(t, "say hello"), func(context.Context) (*http.Response, error) { panic("oops") })
	if err == nil || !strings.Contains(err.Error(), "oops") {
		t.Errorf("after a panic: error %v", err)
	}
	o := newOrigin(t, answers(answerJSON("Hello.", "stop")))
	mustRead(t, w.fetch(t, chat(t, "say hello"), o.load))
}

func TestFetchLargeAnswersPassUnkept(t *testing.T) {
	w := newWorld(t, func(o *cache.Options) { o.MaxEntryBytes = 1000 })
	long := strings.Repeat("long ", 2000)
	o := newOrigin(t, answers(answerJSON(long, "stop")))
	for range 2 {
		a := w.fetch(t, chat(t, "say much"), o.load)
		if got := mustRead(t, a); !strings.Contains(got, long) {
			t.Fatalf("%d bytes came, want all", len(got))
		}
	}
	if n := o.calls.Load(); n != 2 {
		t.Errorf("%d calls, want 2", n)
	}
}

func TestFetchFindsAnAnswerByItsMeaningAtOnce(t *testing.T) {
	w, store, _ := faultyWorld(t)
	o := newOrigin(t, answers(answerJSON("Hello.", "stop")))
	hold := make(chan struct{})
	store.hold.Store(&hold)
	mustRead(t, w.fetch(t, chat(t, "one two three four"), o.load))
	entry, r := w.Lookup(t.Context(), chat(t, "one two three four filler"))
	if entry == nil || r.Layer != cache.LayerSemantic {
		t.Errorf("receipt %+v, want the answer whose durable write has not begun", r)
	}
	close(hold)
	w.close()
	w = openWorld(t, w.dir)
	if entry, r = w.Lookup(t.Context(), chat(t, "one two three four filler")); entry == nil {
		t.Errorf("after the write: %+v", r)
	}
}
