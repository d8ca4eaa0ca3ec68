// Watching a provider from outside, its own or another.

package simulator

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/tidwall/gjson"
)

// Watcher stands before a provider and counts what becomes of the calls that
// pass. Unlike [Simulator.Stats] it knows only what goes over the wire, so that
// it can watch any provider of OpenAI's API. Answers are held until they are
// complete.
type Watcher struct {
	Next http.Handler

	tally    tally
	mu       sync.Mutex
	arrivals map[string]time.Time // of the tries that were answered, by mark
}

// Tally is what was counted so far.
func (w *Watcher) Tally() Tally { return w.tally.all() }

// Arrival is when the try of the nth call came that was answered first; see
// [CallMark].
func (w *Watcher) Arrival(n uint64) (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, ok := w.arrivals[digits(n)]
	return at, ok
}

// ServeHTTP passes a call on and counts it.
func (w *Watcher) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, refused := readBody(out, r)
	if refused != nil {
		http.Error(out, refused.message, refused.status)
		return
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader([]byte(body))), int64(len(body))
	arrived := time.Now()
	mark := markOf(body)
	c := w.tally.begin(account{key: r.Header.Get("Authorization"), model: gjson.Get(body, "model").Str}, mark)
	answer := &heldAnswer{header: out.Header(), status: http.StatusOK}
	defer func() { c.end(answer.usage()) }() // also when Next breaks off
	w.Next.ServeHTTP(answer, r)
	if r.Context().Err() != nil {
		return
	}
	if answer.status == http.StatusOK {
		w.note(mark, arrived)
	}
	c.answer(answer.status, out.Header())
	out.WriteHeader(answer.status)
	_, _ = out.Write(answer.body.Bytes()) // a caller that is gone gets nothing
}

// note remembers when a call came that was answered.
func (w *Watcher) note(mark string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.arrivals == nil {
		w.arrivals = make(map[string]time.Time)
	}
	if _, again := w.arrivals[mark]; mark != "" && !again {
		w.arrivals[mark] = at
	}
}

// heldAnswer keeps an answer.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *heldAnswer) Header() http.Header         { return a.header }
func (a *heldAnswer) Write(p []byte) (int, error) { return a.body.Write(p) }
func (a *heldAnswer) WriteHeader(status int)      { a.status = status }

// usage is what the answer says that it cost.
func (a *heldAnswer) usage() usage {
	u := gjson.GetBytes(a.body.Bytes(), "usage")
	return usage{
		prompt: int(u.Get("prompt_tokens").Int()), output: int(u.Get("completion_tokens").Int()),
		cached: int(u.Get("prompt_tokens_details.cached_tokens").Int()),
	}
}
