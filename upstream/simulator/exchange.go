// One request and its answer on the wire: headers, waits, faults.

package simulator

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// exchange is one request being answered.
type exchange struct {
	s     *Simulator
	w     http.ResponseWriter
	r     *http.Request
	start time.Time
	step  *Response // what the script says; nil for nothing
	done  bool      // that was the whole answer

	call      *call // of text or embeddings
	admitted  *admission
	standings []standing
	limited   *limited // why it was not admitted
	used      usage

	owner  prefixOwner
	cached cached
}

// enter is what a call of text or embeddings passes before its answer: the
// count of calls, the limits, the script. It sets done if the script was the
// answer.
func (x *exchange) enter(model, text string, d demand) *apiError {
	a := x.account(model)
	x.call = x.s.tally.begin(a, markOf(text))
	x.admitted, x.standings, x.limited = x.s.gate.admit(a, d, x.start)
	if x.limited != nil {
		return x.limited.error()
	}
	x.play(x.s.find(x.r.URL.Path, model, text))
	return nil
}

// account is whose call it is.
func (x *exchange) account(model string) account {
	key := x.r.Header.Get("Authorization")
	if key == "" {
		key = x.r.Header.Get("X-Api-Key")
	}
	return account{key: key, model: model}
}

// enterText is enter for a conversation, whose beginning may be cached.
func (x *exchange) enterText(q *textRequest) *apiError {
	model := q.questions[0].Model
	x.owner.account = x.account(model)
	switch {
	case x.s.opts.PrefixCache == PrefixCacheOff:
	case q.ep == messagesEndpoint:
		x.cached = x.s.prefixes.mark(x.owner, q.trail, x.start)
	case len(q.trail.steps) > 0:
		x.owner.cacheKey = q.doc.get("prompt_cache_key").Str
		life := shortLife
		if q.doc.get("prompt_cache_retention").Str == "24h" {
			life = dayLife
		}
		x.cached = x.s.prefixes.step(x.owner, q.trail, life, x.start)
	}
	return x.enter(model, q.questions[0].Text, q.demand())
}

// leave ends what enter began, with what was used. It comes before the last
// byte of the answer: who has all of it finds it settled.
func (x *exchange) leave() {
	x.admitted.settle(x.used, time.Now())
	if x.call != nil {
		x.call.end(x.used)
	}
	x.admitted, x.call = nil, nil
}

// play lets the script act. If done is not set after it, the latency has passed
// and the answer may begin.
func (x *exchange) play(step *Response) {
	x.step = step
	x.done = x.act(step)
}

// act reports whether what it did was the whole answer.
func (x *exchange) act(step *Response) (done bool) {
	wait := x.s.opts.Latency
	if step != nil {
		wait += step.Delay
	}
	if !pause(x.r.Context(), wait) {
		return true
	}
	if step == nil {
		return false
	}
	switch {
	case step.Hang:
		x.s.stats.faults.Add(1)
		<-x.r.Context().Done()
		return true
	case step.Reset:
		x.s.stats.faults.Add(1)
		reset(x.w)
		return true
	case step.Body != "":
		x.respond(step.statusOr(http.StatusOK), "application/json", []byte(step.Body))
		return true
	case step.Error != nil:
		x.refuse(step.Error.toAPI(step.statusOr(http.StatusInternalServerError)))
		return true
	case step.Status >= 400:
		x.refuse(errorFor(step.Status))
		return true
	case step.Status >= 300:
		x.respond(step.Status, "", nil)
		return true
	}
	return false
}

// header sets the headers that every answer carries, and the script's.
func (x *exchange) header(status int, contentType string) {
	h := x.w.Header()
	if contentType != "" {
		h["Content-Type"] = []string{contentType}
	}
	h["X-Request-Id"] = []string{string(appendID(nil, "req_"))}
	if speaksAnthropic(x.r.URL.Path) {
		h["Request-Id"] = h["X-Request-Id"]
	} else {
		h["Openai-Version"] = []string{"2020-10-01"}
		h["Openai-Processing-Ms"] = []string{strconv.FormatInt(time.Since(x.start).Milliseconds(), 10)}
	}
	x.limitHeaders(h)
	if x.step != nil {
		for name, value := range x.step.Headers {
			h.Set(name, value)
		}
	}
	if x.call != nil {
		x.call.answer(status, h)
	}
}

// limitHeaders tells how the limits stood when the request came.
func (x *exchange) limitHeaders(h http.Header) {
	setStandings(h, x.s.opts.Headers, x.standings, x.start)
	if x.limited != nil {
		setRetry(h, x.s.opts.RetryHint, x.limited.wait, x.start)
	}
}

// respond sends a whole answer. A script may break off in its middle.
func (x *exchange) respond(status int, contentType string, body []byte) {
	x.header(status, contentType)
	x.s.stats.answered(endpointOf(x.r.URL.Path), status)
	x.leave()
	x.w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	x.w.WriteHeader(status)
	if x.step != nil && x.step.CutAfter != nil {
		x.w.Write(body[:len(body)/2])
		x.breakOff()
	}
	x.w.Write(body)
}

// refuse sends an error.
func (x *exchange) refuse(e *apiError) {
	if speaksAnthropic(x.r.URL.Path) {
		x.respond(e.status, "application/json", e.appendAnthropic(nil))
		return
	}
	x.respond(e.status, "application/json", e.append(nil))
}

// breakOff closes the connection in the middle of an answer, what was written
// so far sent. It does not return.
func (x *exchange) breakOff() {
	x.s.stats.faults.Add(1)
	http.NewResponseController(x.w).Flush()
	panic(http.ErrAbortHandler)
}

// reset closes the connection before an answer, with a TCP reset where there
// is TCP. Where the connection is shared (HTTP/2) it ends the stream.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a connection that is gone already needs no reset
	}
	_ = conn.Close()
}

// pause waits, and reports whether the client is still there.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// appendID appends a fresh identifier of the form that providers give.
func appendID(dst []byte, prefix string) []byte {
	dst = append(dst, prefix...)
	dst = strconv.AppendUint(dst, rand.Uint64()|1<<63, 36)
	return strconv.AppendUint(dst, rand.Uint64()|1<<63, 36)
}

// documents are the buffers that answers are written in.
var documents = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}
