// The assembler: a stream's events become one answer.

package llm

import (
	"bytes"
	"errors"
	"fmt"
)

// Assembler builds the JSON answer of a stream while its bytes pass by.
// The zero value is not usable; see NewAssembler. It is not safe for
// concurrent use. It keeps about as much as the answer takes and the event at
// hand, and sets no bound to their sum: whoever writes counts the bytes.
type Assembler struct {
	endpoint Endpoint
	events   eventReader
	doc      tape // of the event at hand
	seen     int  // events with data
	done     bool
	err      error // the first thing found wrong
	made     assembly
}

// An assembly is what the events so far of one dialect make.
type assembly interface {
	// add merges an event in, which is not kept.
	add(event value) error

	// ends reports whether an event is the last of its stream.
	ends(event value) bool

	// document is the answer once the last event was added; the error says
	// what is missing.
	document() ([]byte, error)
}

// NewAssembler returns an Assembler for a stream of ep.
func NewAssembler(ep Endpoint) *Assembler {
	a := &Assembler{endpoint: ep}
	a.events = eventReader{limit: maxEvent, event: a.take}
	switch ep {
	case Chat, Completions:
		a.made = &chunkEvents{endpoint: ep}
	case Responses:
		a.made = &responseEvents{}
	case Messages:
		a.made = &messageEvents{}
	default:
		a.err = fmt.Errorf("llm: the endpoint %q has no streams", ep)
	}
	return a
}

// Write takes the next bytes of the stream, cut anywhere. It never fails:
// what is wrong with the stream is Answer's error.
func (a *Assembler) Write(p []byte) (int, error) {
	a.events.write(p)
	if a.events.tooLarge && a.err == nil {
		a.err = fmt.Errorf("llm: an event of the stream is larger than %d bytes", a.events.limit)
	}
	return len(p), nil
}

// Done reports whether the terminal event was seen: [DONE], message_stop, or
// one that holds the whole response.
func (a *Assembler) Done() bool { return a.done }

// Answer is the assembled document. It is an error if the terminal event is
// missing, an event was malformed or an error event, or nothing was answered.
func (a *Assembler) Answer() ([]byte, error) {
	if a.err != nil {
		return nil, a.err
	}
	// Some servers close right after the terminal event's text; all of the
	// answer has come by then.
	if !a.done && !a.ended(a.events.pending()) {
		return nil, errors.New("llm: the stream ended before its terminal event")
	}
	return a.made.document()
}

// ended reports whether the data of an event whose empty line has not come
// ends the stream.
func (a *Assembler) ended(data []byte) bool {
	if a.marksEnd() {
		return isDone(data)
	}
	return a.doc.parse(data) == nil && a.made.ends(a.doc.root()) && a.made.add(a.doc.root()) == nil
}

// marksEnd reports whether streams end in a mark instead of an event.
func (a *Assembler) marksEnd() bool { return a.endpoint == Chat || a.endpoint == Completions }

// isDone reports whether an event's data is that mark.
func isDone(data []byte) bool {
	return string(bytes.TrimSpace(data)) == "[DONE]"
}

// take reads one event.
func (a *Assembler) take(_ []byte, e event) {
	if !e.hasData || a.done {
		return
	}
	a.seen++
	if isDone(e.data) {
		a.done = a.marksEnd()
		return
	}
	if a.err != nil {
		return
	}
	if string(e.name) == "error" {
		a.err = errors.New("llm: the stream holds an error event")
		return
	}
	if err := a.doc.parse(e.data); err != nil {
		a.err = fmt.Errorf("llm: event %d of the stream: %w", a.seen, err)
		return
	}
	if err := a.made.add(a.doc.root()); err != nil {
		a.err = fmt.Errorf("llm: event %d of the stream: %w", a.seen, err)
		return
	}
	a.done = a.made.ends(a.doc.root())
}
