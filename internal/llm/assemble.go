// The assembler: a stream's chunks become one answer.

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
	doc      tape // of the chunk at hand
	seen     int  // events with data
	done     bool
	err      error // the first thing found wrong

	top     merged
	choices []*choice // in the order they came
}

// NewAssembler returns an Assembler for a stream of ep.
func NewAssembler(ep Endpoint) *Assembler {
	a := &Assembler{endpoint: ep}
	a.events = eventReader{limit: maxEvent, event: a.take}
	if ep != Chat && ep != Completions {
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

// Done reports whether the terminal event ([DONE]) was seen.
func (a *Assembler) Done() bool { return a.done }

// Answer is the assembled document. It is an error if the terminal event is
// missing, an event was malformed or an error event, or nothing was answered.
func (a *Assembler) Answer() ([]byte, error) {
	if a.err != nil {
		return nil, a.err
	}
	// Some servers close right after the terminal event's text; all of the
	// answer has come by then.
	if !a.done && !isTerminal(a.events.pending()) {
		return nil, errors.New("llm: the stream ended before its terminal event")
	}
	if len(a.choices) == 0 {
		return nil, errors.New("llm: the stream has no choices")
	}
	for _, c := range a.choices {
		if !c.finished() {
			return nil, fmt.Errorf("llm: choice %d of the stream has no finish reason", c.index)
		}
	}
	return a.document(), nil
}

// isTerminal reports whether an event's data ends the stream.
func isTerminal(data []byte) bool {
	return string(bytes.TrimSpace(data)) == "[DONE]"
}

// take reads one event.
func (a *Assembler) take(_ []byte, e event) {
	if !e.hasData || a.done {
		return
	}
	a.seen++
	if isTerminal(e.data) {
		a.done = true
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
	if err := a.chunk(a.doc.root()); err != nil {
		a.err = fmt.Errorf("llm: event %d of the stream: %w", a.seen, err)
	}
}

// chunk merges one chunk in.
func (a *Assembler) chunk(root value) error {
	if root.kind() != '{' {
		return errors.New("is not an object")
	}
	if !root.at("error").isNull() {
		return errors.New("is an error object")
	}
	choices := root.at("choices")
	if !choices.isNull() && choices.kind() != '[' {
		return errors.New("has choices that are not an array")
	}
	if !a.top.add(root, topRules) {
		return errors.New("has too many members")
	}
	for c := range choices.elements() {
		if c.kind() != '{' {
			return errors.New("has a choice that is not an object")
		}
		into, err := a.choice(c.at("index"))
		if err != nil {
			return err
		}
		if err := into.add(a.endpoint, c); err != nil {
			return err
		}
	}
	return nil
}

// topRules are those of a chunk's own members. Azure's first chunk has empty
// ones, so the first that says something counts; usage may be counted up from
// chunk to chunk, and what pads the chunks is no part of the answer.
func topRules(name []byte) (rule, rules) {
	switch string(name) {
	case "choices", "object", "obfuscation":
		return ignore, nil
	case "usage":
		return takeLast, nil
	}
	return takeFirst, nil
}

// maxIndex bounds the index of choices and tool calls.
const maxIndex = 1 << 12

// indexOf reads an index; an absent one is 0.
func indexOf(v value) (int, error) {
	if v.isNull() {
		return 0, nil
	}
	n, ok := countOf(v)
	if !ok || n >= maxIndex {
		return 0, fmt.Errorf("has an index that is not an integer from 0 to %d", maxIndex-1)
	}
	return int(n), nil
}

// choice is the choice of that index, made if there is none.
func (a *Assembler) choice(index value) (*choice, error) {
	n, err := indexOf(index)
	if err != nil {
		return nil, err
	}
	for _, c := range a.choices {
		if c.index == n {
			return c, nil
		}
	}
	c := &choice{index: n}
	a.choices = append(a.choices, c)
	return c, nil
}

// document writes the answer in the member order of OpenAI's.
func (a *Assembler) document() []byte {
	object := "chat.completion"
	if a.endpoint == Completions {
		object = "text_completion"
	}
	dst := []byte{'{'}
	if id := a.top.find("id"); id != nil {
		dst = append(id.appendTo(dst), ',')
	}
	dst = append(dst, `"object":"`+object+`"`...)
	for _, name := range []string{"created", "model"} {
		if m := a.top.find(name); m != nil {
			dst = m.appendTo(append(dst, ','))
		}
	}
	dst = append(dst, `,"choices":`...)
	dst = appendChoices(dst, a.endpoint, a.choices)
	for _, m := range a.top.members {
		switch {
		case m.name == "id" || m.name == "created" || m.name == "model":
		case m.name == "usage" && m.kind == 'n': // asked for, and never given
		default:
			dst = m.appendTo(append(dst, ','))
		}
	}
	return append(dst, '}')
}
