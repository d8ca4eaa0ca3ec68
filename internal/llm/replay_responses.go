// The replay of a response: created, each item with its deltas, and the whole
// of it at the end.

package llm

import (
	"errors"
	"strconv"
)

// lastEvents are the terminal events by a response's status.
var lastEvents = map[string]string{
	"completed": "response.completed", "incomplete": "response.incomplete", "failed": "response.failed",
}

// replayableResponse checks that a response has ended and has items.
func replayableResponse(root value) error {
	output := root.at("output")
	switch {
	case root.kind() != '{' || output.kind() != '[':
		return errors.New("llm: replay: the answer has no output")
	case lastEvents[root.at("status").text()] == "":
		return errors.New("llm: replay: the answer has not ended")
	}
	for item := range output.elements() {
		if item.kind() != '{' {
			return errors.New("llm: replay: an item of the answer is not an object")
		}
	}
	return nil
}

// responseReplay writes the events of one response.
type responseReplay struct {
	namedEvents
	sequence int
	index    int   // of the item at hand
	item     value // the item at hand
}

// appendResponseStream replays a response.
func appendResponseStream(dst []byte, root value) []byte {
	r := &responseReplay{namedEvents: namedEvents{dst}}
	unfinished := appendReplaced(nil, root,
		replacement{"status", `"in_progress"`}, replacement{"output", "[]"}, replacement{"usage", "null"},
		replacement{"error", "null"}, replacement{"incomplete_details", "null"}, replacement{"completed_at", "null"})
	r.whole("response.created", unfinished)
	r.whole("response.in_progress", unfinished)
	for item := range root.at("output").elements() {
		r.item = item
		r.writeItem()
		r.index++
	}
	r.whole(lastEvents[root.at("status").text()], root.raw())
	return r.dst
}

// begin opens the next event.
func (r *responseReplay) begin(kind string) {
	r.open(kind)
	r.add(`,"sequence_number":`)
	r.number(r.sequence)
	r.sequence++
}

// whole writes an event that holds a response.
func (r *responseReplay) whole(kind string, response []byte) {
	r.begin(kind)
	r.add(`,"response":`)
	r.dst = append(r.dst, response...)
	r.close()
}

// writeItem writes an item: what does not grow in its start, the rest in
// deltas, and all of it at its end.
func (r *responseReplay) writeItem() {
	r.begin("response.output_item.added")
	r.add(`,"output_index":`)
	r.number(r.index)
	r.add(`,"item":`)
	r.dst = appendReplaced(r.dst, r.item, r.unsaid()...)
	r.close()
	switch r.item.at("type").text() {
	case "message":
		r.content()
	case "reasoning":
		r.summary()
		r.content()
	case "function_call":
		r.grow("response.function_call_arguments", "", "arguments", r.item.at("arguments"), "")
	case "custom_tool_call":
		r.grow("response.custom_tool_call_input", "", "input", r.item.at("input"), "")
	}
	r.begin("response.output_item.done")
	r.add(`,"output_index":`)
	r.number(r.index)
	r.add(`,"item":`)
	r.raw(r.item)
	r.close()
}

// unsaid are the members of an item as they were before anything was said.
func (r *responseReplay) unsaid() []replacement {
	with := []replacement{{"status", `"in_progress"`}}
	switch r.item.at("type").text() {
	case "message":
		with = append(with, replacement{"content", emptiedArray(r.item.at("content"))})
	case "reasoning":
		with = append(with, replacement{"summary", emptiedArray(r.item.at("summary"))}, replacement{"content", emptiedArray(r.item.at("content"))})
	case "function_call":
		with = append(with, emptied(r.item, "arguments"))
	case "custom_tool_call":
		with = append(with, emptied(r.item, "input"))
	default:
		return nil // what is not known starts as it ends
	}
	return with
}

// about opens an event about the item, or a part of it.
func (r *responseReplay) about(kind, part string) {
	r.begin(kind)
	r.add(`,"item_id":`)
	if id := r.item.at("id"); id.kind() == '"' {
		r.raw(id)
	} else {
		r.add(`""`)
	}
	r.add(`,"output_index":`)
	r.number(r.index)
	r.add(part)
}

// grow writes a text in pieces, and then whole. extra ends each event.
func (r *responseReplay) grow(kind, part, name string, text value, extra string) {
	if text.kind() != '"' {
		return
	}
	for piece := range pieces(text.inner()) {
		if len(piece) == 0 {
			break
		}
		r.about(kind+".delta", part)
		r.add(`,"delta":"`)
		r.dst = append(r.dst, piece...)
		r.add(`"` + extra)
		r.close()
	}
	r.about(kind+".done", part)
	r.add(`,"` + name + `":`)
	r.raw(text)
	r.add(extra)
	r.close()
}

// content writes the parts of a message's or of a reasoning's content.
func (r *responseReplay) content() {
	i := 0
	for content := range r.item.at("content").elements() {
		at := `,"content_index":` + strconv.Itoa(i)
		switch content.at("type").text() {
		case "output_text":
			r.part("content_part", at, content, emptied(content, "text"), replacement{"annotations", "[]"}, replacement{"logprobs", "[]"})
			r.grow("response.output_text", at, "text", content.at("text"), `,"logprobs":[]`)
			r.annotations(at, content.at("annotations"))
		case "refusal":
			r.part("content_part", at, content, emptied(content, "refusal"))
			r.grow("response.refusal", at, "refusal", content.at("refusal"), "")
		case "reasoning_text":
			r.part("content_part", at, content, emptied(content, "text"))
			r.grow("response.reasoning_text", at, "text", content.at("text"), "")
		default:
			r.part("content_part", at, content)
		}
		r.partDone("content_part", at, content)
		i++
	}
}

// summary writes the parts of a reasoning's summary.
func (r *responseReplay) summary() {
	i := 0
	for part := range r.item.at("summary").elements() {
		at := `,"summary_index":` + strconv.Itoa(i)
		r.part("reasoning_summary_part", at, part, emptied(part, "text"))
		r.grow("response.reasoning_summary_text", at, "text", part.at("text"), "")
		r.partDone("reasoning_summary_part", at, part)
		i++
	}
}

// part begins a part.
func (r *responseReplay) part(kind, at string, part value, unsaid ...replacement) {
	r.about("response."+kind+".added", at)
	r.add(`,"part":`)
	if part.kind() == '{' {
		r.dst = appendReplaced(r.dst, part, unsaid...)
	} else {
		r.raw(part)
	}
	r.close()
}

// partDone ends a part.
func (r *responseReplay) partDone(kind, at string, part value) {
	r.about("response."+kind+".done", at)
	r.add(`,"part":`)
	r.raw(part)
	r.close()
}

func (r *responseReplay) annotations(at string, annotations value) {
	i := 0
	for annotation := range annotations.elements() {
		r.about("response.output_text.annotation.added", at)
		r.add(`,"annotation_index":`)
		r.number(i)
		r.add(`,"annotation":`)
		r.raw(annotation)
		r.close()
		i++
	}
}
