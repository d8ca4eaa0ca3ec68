// The replay of a chat's messages and tool calls.

package llm

import "strconv"

// chatChoice replays a choice of a chat: role and whatever is not a text, the
// texts in pieces with the content last, the calls, the finish reason.
func (r *replay) chatChoice(index int, c value) {
	message := c.at("message")
	logprobs := newLogprobs(c)
	r.roleChunk(index, message, logprobs)
	for m := range message.members() {
		if !isGrowing(m) {
			continue
		}
		r.textChunks(index, m, logprobs.none, logprobs.none)
	}
	for m := range message.members() {
		if m.is("content") && len(m.value().inner()) > 0 {
			r.textChunks(index, m, logprobs.take(), logprobs.none)
		}
	}
	i := 0
	for call := range message.at("tool_calls").elements() {
		r.toolCall(index, i, call, logprobs.none)
		i++
	}
	if call := message.at("function_call"); call.kind() == '{' {
		r.functionChunks(index, `"function_call":`, call, `"function_call":`, "", logprobs.none)
	}
	r.openChoice(index)
	r.add(`,"delta":{}`)
	r.otherMembers(c, "message")
	r.closeChoice(logprobs.take(), c.at("finish_reason"))
}

// isGrowing reports whether a message's member is a text other than role and
// content: a refusal, or what a model thought.
func isGrowing(m member) bool {
	return m.value().kind() == '"' && !m.is("role") && !m.is("content")
}

// roleChunk sends the role and all that is not a text.
func (r *replay) roleChunk(index int, message value, logprobs *logprobsOnce) {
	r.openChoice(index)
	r.add(`,"delta":{"role":`)
	if role := message.at("role"); role.kind() == '"' {
		r.dst = append(r.dst, role.raw()...)
	} else {
		r.add(`"assistant"`)
	}
	for m := range message.members() {
		switch {
		case m.is("role") || isGrowing(m):
		case m.is("content") && m.value().kind() == '"':
			r.add(`,"content":""`)
		case m.is("tool_calls") && m.value().hasElements():
		case m.is("function_call") && m.value().kind() == '{':
		default:
			r.dst = appendNamed(r.dst, m)
		}
	}
	r.add(`}`)
	r.closeChoice(logprobs.none, value{})
}

// textChunks sends a member of the message in pieces, the first with logprobs.
func (r *replay) textChunks(index int, m member, logprobs, others value) {
	for piece := range pieces(m.value().inner()) {
		r.openChoice(index)
		r.add(`,"delta":{`)
		r.dst = append(r.dst, m.quoted()...)
		r.addText(`:"`, piece)
		r.add(`}`)
		r.closeChoice(logprobs, value{})
		logprobs = others
	}
}

// toolCall sends one call: all but its arguments first, with the name and the
// id once, since accumulators append every text they see again.
func (r *replay) toolCall(index, n int, call value, logprobs value) {
	at := `"tool_calls":[{"index":` + strconv.Itoa(n)
	first := []byte(at)
	function := ""
	for m := range call.members() {
		switch {
		case m.is("index"):
		case (m.is("function") || m.is("custom")) && m.value().kind() == '{' && function == "":
			function = string(m.name())
		default:
			first = appendNamed(first, m)
		}
	}
	if function == "" {
		r.deltaChunk(index, append(first, `}]`...), logprobs)
		return
	}
	nested := `,"` + function + `":`
	r.functionChunks(index, string(first)+nested, call.at(function), at+nested, `}]`, logprobs)
}

// functionChunks sends a called function: what it holds but for its arguments,
// then those in pieces. first and then open the delta, closing ends it.
func (r *replay) functionChunks(index int, first string, function value, then, closing string, logprobs value) {
	delta := append([]byte(first), '{')
	var growing []member
	sep := ""
	for m := range function.members() {
		delta = append(append(append(delta, sep...), m.quoted()...), ':')
		sep = ","
		if (m.is("arguments") || m.is("input")) && m.value().kind() == '"' {
			delta = append(delta, `""`...)
			growing = append(growing, m)
			continue
		}
		delta = append(delta, m.value().raw()...)
	}
	r.deltaChunk(index, append(append(delta, '}'), closing...), logprobs)
	for _, m := range growing {
		if len(m.value().inner()) == 0 {
			continue
		}
		for piece := range pieces(m.value().inner()) {
			delta = append(append(delta[:0], then...), '{')
			delta = append(append(append(delta, m.quoted()...), `:"`...), piece...)
			r.deltaChunk(index, append(append(delta, `"}`...), closing...), logprobs)
		}
	}
}

// deltaChunk sends a chunk whose delta has the members given.
func (r *replay) deltaChunk(index int, members []byte, logprobs value) {
	r.openChoice(index)
	r.add(`,"delta":{`)
	r.dst = append(r.dst, members...)
	r.add(`}`)
	r.closeChoice(logprobs, value{})
}
