// The replay of an Anthropic message: its start, each block with its deltas,
// how it ended.

package llm

import (
	"errors"
	"strconv"
)

// replayableMessage checks that a message has blocks.
func replayableMessage(root value) error {
	content := root.at("content")
	if root.kind() != '{' || content.kind() != '[' {
		return errors.New("llm: replay: the answer has no content")
	}
	for block := range content.elements() {
		if block.kind() != '{' {
			return errors.New("llm: replay: a block of the answer is not an object")
		}
	}
	return nil
}

// A replacement is the JSON that stands for a member's value.
type replacement struct{ name, json string }

// appendReplaced appends an object with other values for some members.
func appendReplaced(dst []byte, object value, with ...replacement) []byte {
	dst = append(dst, '{')
	for m := range object.members() {
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = append(append(dst, m.quoted()...), ':')
		dst = append(dst, replaced(m, with)...)
	}
	return append(dst, '}')
}

func replaced(m member, with []replacement) []byte {
	for _, r := range with {
		if m.is(r.name) {
			return []byte(r.json)
		}
	}
	return m.value().raw()
}

// namedEvents writes the events of a stream, each of which says its type in
// its name and in its data.
type namedEvents struct{ dst []byte }

func (e *namedEvents) add(s string)  { e.dst = append(e.dst, s...) }
func (e *namedEvents) raw(v value)   { e.dst = append(e.dst, v.raw()...) }
func (e *namedEvents) number(n int)  { e.dst = strconv.AppendInt(e.dst, int64(n), 10) }
func (e *namedEvents) close()        { e.add("}\n\n") }
func (e *namedEvents) open(t string) { e.add("event: " + t + "\ndata: {\"type\":\"" + t + "\"") }

// messageReplay writes the events of one message.
type messageReplay struct {
	namedEvents
	index int // of the block at hand
}

// appendMessageStream replays a message.
func appendMessageStream(dst []byte, root value) []byte {
	r := &messageReplay{namedEvents: namedEvents{dst}}
	r.start(root)
	for block := range root.at("content").elements() {
		r.block(block)
		r.index++
	}
	r.end(root)
	return r.dst
}

// start writes the message as it was before anything was said.
func (r *messageReplay) start(root value) {
	r.open("message_start")
	r.add(`,"message":`)
	r.dst = appendReplaced(r.dst, root,
		replacement{"content", "[]"}, replacement{"stop_reason", "null"}, replacement{"stop_sequence", "null"},
		replacement{"stop_details", "null"}, replacement{"container", "null"},
		replacement{"usage", startUsage(root.at("usage"))})
	if root.at("usage").kind() == 0 { // every message has one, and SDKs rely on it
		r.dst = append(r.dst[:len(r.dst)-1], `,"usage":`+startUsage(value{})+`}`...)
	}
	r.close()
}

// finalCounts are the members of a usage that a stream tells at its end.
var finalCounts = [...]string{
	"input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "server_tool_use", "output_tokens_details",
}

// startUsage is the usage before anything was said.
func startUsage(usage value) string {
	if usage.kind() != '{' {
		return `{"input_tokens":0,"output_tokens":0}`
	}
	out := appendReplaced(nil, usage, replacement{"output_tokens", "0"}, replacement{"server_tool_use", "null"}, replacement{"output_tokens_details", "null"})
	return string(out)
}

// block writes a block: what does not grow in its start, the rest in deltas.
func (r *messageReplay) block(block value) {
	kind := block.at("type").text()
	input, isCall := block.at("input"), kind == "tool_use" || kind == "server_tool_use" || kind == "mcp_tool_use"
	var with []replacement
	switch {
	case kind == "text":
		with = append(with, emptied(block, "text"), replacement{"citations", emptiedArray(block.at("citations"))})
	case kind == "thinking":
		with = append(with, emptied(block, "thinking"), emptied(block, "signature"))
	case isCall && input.kind() == '{':
		with = append(with, replacement{"input", "{}"})
	}
	r.openBlock("content_block_start")
	r.add(`,"content_block":`)
	r.dst = appendReplaced(r.dst, block, with...)
	r.close()
	switch {
	case kind == "text":
		r.grow("text", block.at("text").inner())
		r.citations(block.at("citations"))
	case kind == "thinking":
		r.grow("thinking", block.at("thinking").inner())
		r.sign(block.at("signature"))
	case isCall && input.kind() == '{' && input.opening() != '}':
		quoted := appendQuoted(nil, string(input.raw()))
		r.grow("partial_json", quoted[1:len(quoted)-1])
	}
	r.openBlock("content_block_stop")
	r.close()
}

// emptied is the empty text in the place of a member that is a text.
func emptied(object value, name string) replacement {
	if v := object.at(name); v.kind() != '"' {
		return replacement{name, string(v.raw())}
	}
	return replacement{name, `""`}
}

// emptiedArray is an array without its elements, and any other value itself.
func emptiedArray(v value) string {
	if v.kind() == '[' {
		return "[]"
	}
	return string(v.raw())
}

func (r *messageReplay) openBlock(kind string) {
	r.open(kind)
	r.add(`,"index":`)
	r.number(r.index)
}

// delta writes one delta of the block.
func (r *messageReplay) delta(kind, name string, json ...[]byte) {
	r.openBlock("content_block_delta")
	r.add(`,"delta":{"type":"` + kind + `","` + name + `":`)
	for _, part := range json {
		r.dst = append(r.dst, part...)
	}
	r.add("}")
	r.close()
}

// deltaKinds are the deltas by the member that they lengthen.
var deltaKinds = map[string]string{"text": "text_delta", "thinking": "thinking_delta", "partial_json": "input_json_delta"}

// grow writes a text in pieces; an empty one needs none.
func (r *messageReplay) grow(name string, inner []byte) {
	if len(inner) == 0 {
		return
	}
	quote := []byte{'"'}
	for piece := range pieces(inner) {
		r.delta(deltaKinds[name], name, quote, piece, quote)
	}
}

func (r *messageReplay) citations(citations value) {
	for citation := range citations.elements() {
		r.delta("citations_delta", "citation", citation.raw())
	}
}

// sign writes a signature, which comes whole.
func (r *messageReplay) sign(signature value) {
	if len(signature.inner()) > 0 {
		r.delta("signature_delta", "signature", signature.raw())
	}
}

// end writes how the message ended and what it used.
func (r *messageReplay) end(root value) {
	r.open("message_delta")
	r.add(`,"delta":{"stop_reason":`)
	r.orNull(root.at("stop_reason"))
	r.add(`,"stop_sequence":`)
	r.orNull(root.at("stop_sequence"))
	for m := range root.members() {
		if m.is("stop_details") || m.is("container") {
			r.dst = appendNamed(r.dst, m)
		}
	}
	r.add(`},"usage":{"output_tokens":`)
	usage := root.at("usage")
	if output := usage.at("output_tokens"); output.kind() == '0' {
		r.raw(output)
	} else {
		r.add("0")
	}
	for _, name := range finalCounts {
		if v := usage.at(name); !v.isNull() {
			r.add(`,"` + name + `":`)
			r.raw(v)
		}
	}
	r.add("}")
	r.close()
	r.open("message_stop")
	r.close()
}

func (r *messageReplay) orNull(v value) {
	if v.kind() == 0 {
		r.add("null")
		return
	}
	r.raw(v)
}
