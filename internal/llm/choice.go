// One choice of a stream: how its deltas become a message or a text.

package llm

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
)

// A choice is what the chunks so far say of one choice.
type choice struct {
	index   int
	own     merged // the choice's own members: text, logprobs, finish_reason, ...
	message merged // from the deltas of a chat
	calls   []*toolCall
	noCalls byte // 'n' or '[' if tool_calls came as null or empty
}

// A toolCall is what the chunks so far say of one tool call.
type toolCall struct {
	index int
	merged
}

// add merges a chunk's choice in.
func (c *choice) add(ep Endpoint, chunk value) error {
	if !c.own.add(chunk, choiceRules) {
		return errors.New("has a member that cannot be merged")
	}
	if ep != Chat {
		if text := chunk.at("text"); !text.isNull() && text.kind() != '"' {
			return errors.New("has a text that is not a string")
		}
		return nil
	}
	if !chunk.at("message").isNull() {
		return errors.New("has a choice with a message instead of a delta")
	}
	delta := chunk.at("delta")
	if delta.isNull() {
		return nil
	}
	if delta.kind() != '{' {
		return errors.New("has a delta that is not an object")
	}
	if !c.message.add(delta, deltaRules) {
		return errors.New("has a delta that cannot be merged")
	}
	return c.addCalls(delta)
}

// addCalls merges the tool calls of a delta in.
func (c *choice) addCalls(delta value) error {
	calls, there := delta.get("tool_calls")
	if !there {
		return nil
	}
	if !calls.isNull() && calls.kind() != '[' {
		return errors.New("has tool calls that are not an array")
	}
	c.noCalls = calls.kind()
	for call := range calls.elements() {
		if call.kind() != '{' {
			return errors.New("has a tool call that is not an object")
		}
		into, err := c.call(call)
		if err != nil {
			return err
		}
		if !into.add(call, callRules) {
			return errors.New("has a tool call that cannot be merged")
		}
	}
	return nil
}

// call is the tool call that a delta goes on with. Servers that leave the
// index out begin a call with its id.
func (c *choice) call(delta value) (*toolCall, error) {
	at := delta.at("index")
	n, err := indexOf(at)
	if err != nil {
		return nil, err
	}
	if at.isNull() && len(c.calls) > 0 {
		last := c.calls[len(c.calls)-1]
		id := delta.at("id").inner()
		known := last.find("id")
		if len(id) == 0 || (known != nil && string(known.text) == string(id)) {
			return last, nil
		}
		n = last.index + 1
	}
	for _, call := range slices.Backward(c.calls) {
		if call.index == n {
			return call, nil
		}
	}
	call := &toolCall{index: n}
	c.calls = append(c.calls, call)
	return call, nil
}

// choiceRules are those of a choice's own members.
func choiceRules(name []byte) (rule, rules) {
	switch string(name) {
	case "index", "delta", "message":
		return ignore, nil
	case "text":
		return join, nil
	case "logprobs":
		return nest, joinRules
	}
	return takeLast, nil
}

// deltaRules are those of a chat's delta: texts of whatever name grow.
func deltaRules(name []byte) (rule, rules) {
	switch string(name) {
	case "tool_calls":
		return ignore, nil
	case "role":
		return takeFirst, nil
	case "function_call":
		return nest, functionRules
	case "audio": // pieces of base64 that need not join to base64
		return once, nil
	}
	return join, nil
}

// callRules are those of a tool call.
func callRules(name []byte) (rule, rules) {
	switch string(name) {
	case "index":
		return ignore, nil
	case "id", "type":
		return takeFirst, nil
	case "function", "custom":
		return nest, functionRules
	}
	return takeLast, nil
}

// functionRules are those of a called function or custom tool. A name may come
// in pieces, or whole in every chunk.
func functionRules(name []byte) (rule, rules) {
	switch string(name) {
	case "name":
		return joinOther, nil
	case "arguments", "input":
		return join, nil
	}
	return takeLast, nil
}

// joinRules append every text and array.
func joinRules([]byte) (rule, rules) { return join, nil }

// finished reports whether the choice has a finish reason.
func (c *choice) finished() bool {
	reason := c.own.find("finish_reason")
	return reason != nil && reason.kind == '"' && len(reason.text) > 0
}

// appendChoices appends the array of choices, in the order of their index.
func appendChoices(dst []byte, ep Endpoint, choices []*choice) []byte {
	sorted := slices.SortedFunc(slices.Values(choices), func(a, b *choice) int { return cmp.Compare(a.index, b.index) })
	dst = append(dst, '[')
	for i, c := range sorted {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = c.appendTo(dst, ep)
	}
	return append(dst, ']')
}

// appendTo appends the choice.
func (c *choice) appendTo(dst []byte, ep Endpoint) []byte {
	dst = strconv.AppendInt(append(dst, `{"index":`...), int64(c.index), 10)
	switch {
	case ep == Chat:
		dst = c.appendMessage(append(dst, `,"message":`...))
	default:
		dst = append(append(append(dst, `,"text":"`...), c.text()...), '"')
	}
	for _, m := range c.own.members {
		if ep == Chat || m.name != "text" {
			dst = m.appendTo(append(dst, ','))
		}
	}
	return append(dst, '}')
}

// text is the inside of a completion's text.
func (c *choice) text() []byte {
	if text := c.own.find("text"); text != nil && text.kind == '"' {
		return text.text
	}
	return nil
}

// appendMessage appends the message, with the members that every message has.
func (c *choice) appendMessage(dst []byte) []byte {
	dst = append(dst, `{"role":`...)
	if role := c.message.find("role"); role != nil && role.kind == '"' {
		dst = role.appendValue(dst)
	} else {
		dst = append(dst, `"assistant"`...)
	}
	dst = append(dst, `,"content":`...)
	if content := c.message.find("content"); content != nil {
		dst = content.appendValue(dst)
	} else {
		dst = append(dst, `null`...)
	}
	for _, m := range c.message.members {
		if m.name != "role" && m.name != "content" {
			dst = m.appendTo(append(dst, ','))
		}
	}
	return append(c.appendCalls(dst), '}')
}

// appendCalls appends the tool calls, if there are any.
func (c *choice) appendCalls(dst []byte) []byte {
	switch {
	case len(c.calls) > 0:
	case c.noCalls == 'n':
		return append(dst, `,"tool_calls":null`...)
	case c.noCalls == '[':
		return append(dst, `,"tool_calls":[]`...)
	default:
		return dst
	}
	slices.SortStableFunc(c.calls, func(a, b *toolCall) int { return cmp.Compare(a.index, b.index) })
	dst = append(dst, `,"tool_calls":[`...)
	for i, call := range c.calls {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = call.appendTo(dst)
	}
	return append(dst, ']')
}
