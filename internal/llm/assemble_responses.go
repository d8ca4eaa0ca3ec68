// What the events of an OpenAI response add up to: the last one holds it all.

package llm

import (
	"bytes"
	"errors"
	"slices"
)

// responseEvents are what the events so far of a response make.
type responseEvents struct {
	items  map[int][]byte // those done so far, by their place in the output
	answer []byte         // the response of the last event
}

// ends reports whether the event is one that holds the whole response.
func (a *responseEvents) ends(event value) bool {
	switch event.at("type").text() {
	case "response.completed", "response.incomplete", "response.failed":
		return true
	}
	return false
}

// add takes what the answer is made of: the items that are done, in case the
// last event leaves the output out, and the response of the last event.
func (a *responseEvents) add(event value) error {
	switch kind := event.at("type"); {
	case kind.kind() != '"':
		return errors.New("has no type")
	case kind.text() == "error":
		return errors.New("is an error event")
	case kind.text() == "response.output_item.done":
		return a.itemDone(event)
	case a.ends(event):
		return a.end(event.at("response"))
	}
	return nil
}

// itemDone keeps a finished item.
func (a *responseEvents) itemDone(event value) error {
	n, err := indexOf(event.at("output_index"))
	if err != nil {
		return err
	}
	item := event.at("item")
	if item.kind() != '{' {
		return errors.New("has an item that is not an object")
	}
	if a.items == nil {
		a.items = make(map[int][]byte)
	}
	a.items[n] = bytes.Clone(item.raw())
	return nil
}

// end takes the whole response.
func (a *responseEvents) end(response value) error {
	if response.kind() != '{' {
		return errors.New("has a response that is not an object")
	}
	output, there := response.get("output")
	switch {
	case output.kind() == '[':
		a.answer = bytes.Clone(response.raw())
	case !output.isNull():
		return errors.New("has an output that is not an array")
	case there:
		raw := response.raw()
		at, end := output.start-response.start, output.end-response.start
		a.answer = slices.Concat(raw[:at], a.output(), raw[end:])
	case response.opening() == '}':
		return errors.New("has an empty response")
	default:
		a.answer = slices.Concat([]byte(`{"output":`), a.output(), []byte{','}, response.raw()[1:])
	}
	return nil
}

// output is the array of the items that are done.
func (a *responseEvents) output() []byte {
	places := make([]int, 0, len(a.items))
	for n := range a.items {
		places = append(places, n)
	}
	slices.Sort(places)
	out := []byte{'['}
	for i, n := range places {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, a.items[n]...)
	}
	return append(out, ']')
}

// document is the response.
func (a *responseEvents) document() ([]byte, error) {
	if a.answer == nil {
		return nil, errors.New("llm: the stream has no whole response")
	}
	return a.answer, nil
}
