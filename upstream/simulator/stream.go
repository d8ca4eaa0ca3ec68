// Answers to requests for text as server-sent events.

package simulator

import (
	"net/http"
	"strconv"

	"github.com/tidwall/gjson"
)

// stream is one answer being sent chunk by chunk.
type stream struct {
	x       *exchange
	head    []byte // of every chunk, up to its choices
	buf     []byte // what is not sent yet
	control *http.ResponseController
	usage   string // what follows the choices of each chunk
	sent    int    // chunks
	gone    bool   // the client is
}

// stream sends the choices, one after another.
func (x *exchange) stream(d *document, choices []choice) {
	x.s.stats.streams.Add(1)
	x.s.stats.answered(d.q.ep, http.StatusOK)
	x.header(http.StatusOK, "text/event-stream; charset=utf-8")
	x.w.Header()["Cache-Control"] = []string{"no-cache"}
	object := "chat.completion.chunk"
	if d.q.ep == completionsEndpoint {
		object = "text_completion"
	}
	buf := documents.Get().(*[]byte)
	defer documents.Put(buf)
	t := &stream{x: x, buf: (*buf)[:0], control: http.NewResponseController(x.w), usage: "]}\n\n"}
	t.head = d.appendHead([]byte("data: "), object)
	if d.q.includeUsage {
		t.usage = `],"usage":null}` + "\n\n"
	}
	for i := range choices {
		if d.q.ep == chatEndpoint {
			t.chat(i, &choices[i])
		} else {
			t.completion(i, &choices[i])
		}
	}
	if d.q.includeUsage {
		t.usage = string(append(d.usage.append([]byte(`],"usage":`), d.q.ep), "}\n\n"...))
		t.send(func(dst []byte) []byte { return dst })
	}
	t.end("data: [DONE]\n\n")
	*buf = t.buf
}

// eventStream sends events that each say their type, as the newer APIs do:
// write sends all but the last one, which it returns.
func (x *exchange) eventStream(write func(t *stream) (last string)) {
	x.s.stats.streams.Add(1)
	x.s.stats.answered(endpointOf(x.r.URL.Path), http.StatusOK)
	x.header(http.StatusOK, "text/event-stream; charset=utf-8")
	x.w.Header()["Cache-Control"] = []string{"no-cache"}
	buf := documents.Get().(*[]byte)
	defer documents.Put(buf)
	t := &stream{x: x, buf: (*buf)[:0], control: http.NewResponseController(x.w)}
	t.end(write(t))
	*buf = t.buf
}

// event writes one of them; members begin with a comma.
func event(kind, members string) string {
	return "event: " + kind + "\ndata: {\"type\":\"" + kind + "\"" + members + "}\n\n"
}

// event sends one of them.
func (t *stream) event(kind, members string) {
	t.send(func(dst []byte) []byte { return append(dst, event(kind, members)...) })
}

// chat sends a choice as deltas of a chat message.
func (t *stream) chat(index int, c *choice) {
	delta := func(write func([]byte) []byte) {
		t.send(func(dst []byte) []byte {
			dst = appendIndex(dst, index)
			dst = write(append(dst, `"delta":`...))
			return append(dst, `,"logprobs":null,"finish_reason":null}`...)
		})
	}
	if c.tool == nil {
		delta(func(dst []byte) []byte { return append(dst, `{"role":"assistant","content":"","refusal":null}`...) })
	} else {
		delta(func(dst []byte) []byte { return appendToolDelta(dst, c.tool.Name) })
	}
	for piece := range pieces(c) {
		delta(func(dst []byte) []byte {
			if c.tool != nil {
				dst = append(dst, `{"tool_calls":[{"index":0,"function":{"arguments":`...)
				return append(gjson.AppendJSONString(dst, piece), `}}]}`...)
			}
			return append(gjson.AppendJSONString(append(dst, `{"content":`...), piece), '}')
		})
	}
	t.send(func(dst []byte) []byte {
		dst = append(appendIndex(dst, index), `"delta":{},"logprobs":null,"finish_reason":`...)
		return append(gjson.AppendJSONString(dst, c.finishReason), '}')
	})
}

// completion sends a choice as pieces of text.
func (t *stream) completion(index int, c *choice) {
	text := func(piece, finishReason string) {
		t.send(func(dst []byte) []byte {
			dst = append(appendIndex(dst, index), `"text":`...)
			dst = gjson.AppendJSONString(dst, piece)
			dst = append(dst, `,"logprobs":null,"finish_reason":`...)
			return append(appendOrNull(dst, finishReason), '}')
		})
	}
	for piece := range pieces(c) {
		text(piece, "")
	}
	text("", c.finishReason)
}

// pieces yields what is streamed of a choice, token by token.
func pieces(c *choice) func(yield func(string) bool) {
	text := c.text
	if c.tool != nil {
		text = c.tool.Arguments
	}
	return func(yield func(string) bool) {
		for len(text) > 0 {
			n := pieceLen(text)
			if !yield(text[:n]) {
				return
			}
			text = text[n:]
		}
	}
}

func appendIndex(dst []byte, index int) []byte {
	dst = append(dst, `{"index":`...)
	return append(strconv.AppendInt(dst, int64(index), 10), ',')
}

// appendToolDelta writes the delta that begins a tool call.
func appendToolDelta(dst []byte, name string) []byte {
	dst = append(dst, `{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"`...)
	dst = appendID(dst, "call_")
	dst = append(dst, `","type":"function","function":{"name":`...)
	dst = gjson.AppendJSONString(dst, name)
	return append(dst, `,"arguments":""}}],"refusal":null}`...)
}

// send sends a chunk with the choice that write appends. Between chunks it
// waits as the options say, and acts as the script says.
func (t *stream) send(write func([]byte) []byte) {
	if t.gone {
		return
	}
	t.disturb()
	if interval := t.x.s.opts.TokenInterval; interval > 0 && t.sent > 0 {
		t.gone = !pause(t.x.r.Context(), interval)
	}
	t.buf = write(append(t.buf, t.head...))
	t.buf = append(t.buf, t.usage...)
	t.sent++
	if t.x.s.opts.TokenInterval > 0 {
		t.flush()
	}
}

// disturb does what the script has in store after so many chunks.
func (t *stream) disturb() {
	step := t.x.step
	if step == nil {
		return
	}
	after := func(n *int) bool { return n != nil && *n == t.sent }
	if after(step.MalformedAfter) {
		t.buf = append(t.buf, `data: {"id":"broken","choices":[{"delta":`+"\n\n"...)
	}
	if after(step.CutAfter) {
		t.flush()
		t.x.breakOff()
	}
	if after(step.HangAfter) {
		t.flush()
		t.x.s.stats.faults.Add(1)
		<-t.x.r.Context().Done()
		t.gone = true
	}
}

// end sends the terminal event.
func (t *stream) end(last string) {
	if t.gone {
		return
	}
	t.disturb()
	t.x.leave()
	t.buf = append(t.buf, last...)
	t.flush()
}

// flush sends what is buffered.
func (t *stream) flush() {
	if _, err := t.x.w.Write(t.buf); err != nil {
		t.gone = true
	}
	t.control.Flush()
	t.buf = t.buf[:0]
}
