// Answers of /v1/messages: as one JSON document, and as events.

package simulator

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// message is one answer.
type message struct {
	id, model string
	thinking  string // "" if the request does not ask for it
	signature string
	said      choice
	usage     usage
}

// message answers in the form that the request asks for.
func (x *exchange) message(q *textRequest, forced forcedTool) {
	choices, u := x.choices(q, forced)
	m := &message{id: string(appendID(nil, "msg_")), model: q.questions[0].Model, said: choices[0], usage: u}
	if kind := q.doc.get("thinking").Get("type").String(); kind == "enabled" || kind == "adaptive" {
		m.think(q.digests[0])
	}
	x.used = m.usage
	if q.stream {
		x.eventStream(m.events)
		return
	}
	x.respond(http.StatusOK, "application/json", append(m.append(nil, m.blocks(), m.reason(), m.usage.output), '\n'))
}

// think makes thoughts that follow from the request.
func (m *message) think(sum uint64) {
	m.thinking = "Simulated thought " + strconv.FormatUint(sum, 16) + " about the question."
	m.signature = base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64([]byte("simulated signature "), sum))
	m.usage.output += countTokens(m.thinking)
}

// stopReasons are Anthropic's names for how an answer ended.
var stopReasons = map[string]string{"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}

// reason is how the answer ended, as JSON.
func (m *message) reason() string {
	if reason, known := stopReasons[m.said.finishReason]; known {
		return `"` + reason + `"`
	}
	return quoted(m.said.finishReason)
}

// quoted writes a JSON string.
func quoted(s string) string { return string(gjson.AppendJSONString(nil, s)) }

// blocks are those of the content, as JSON.
func (m *message) blocks() string {
	var blocks []string
	if m.thinking != "" {
		blocks = append(blocks, `{"type":"thinking","thinking":`+quoted(m.thinking)+`,"signature":"`+m.signature+`"}`)
	}
	if tool := m.said.tool; tool != nil {
		blocks = append(blocks, m.toolUse(tool.Arguments))
	} else {
		blocks = append(blocks, `{"type":"text","text":`+quoted(m.said.text)+`}`)
	}
	return "[" + strings.Join(blocks, ",") + "]"
}

// toolUse is the block of a tool's call, with its id made out of the message's.
func (m *message) toolUse(input string) string {
	id := "toolu_" + strings.TrimPrefix(m.id, "msg_")
	return `{"type":"tool_use","id":"` + id + `","name":` + quoted(m.said.tool.Name) + `,"input":` + input + `}`
}

// append writes the message as it is after so many tokens.
func (m *message) append(dst []byte, content, reason string, output int) []byte {
	dst = append(dst, `{"model":`+quoted(m.model)+`,"id":"`+m.id+`","type":"message","role":"assistant","content":`...)
	dst = append(dst, content+`,"stop_reason":`+reason+`,"stop_sequence":null,"usage":{`+m.input()+`,"output_tokens":`...)
	dst = strconv.AppendInt(dst, int64(output), 10)
	return append(dst, `,"service_tier":"standard"}}`...)
}

// input are the members of the usage that tell of the prompt: what was neither
// read from the prefix cache nor written to it, and what was.
func (m *message) input() string {
	u := m.usage
	return `"input_tokens":` + strconv.Itoa(u.prompt-u.cached-u.written) + `,"cache_creation_input_tokens":` + strconv.Itoa(u.written) +
		`,"cache_read_input_tokens":` + strconv.Itoa(u.cached) + `,"cache_creation":{"ephemeral_5m_input_tokens":` +
		strconv.Itoa(u.written-u.writtenHourly) + `,"ephemeral_1h_input_tokens":` + strconv.Itoa(u.writtenHourly) + `}`
}

// events sends the answer.
func (m *message) events(t *stream) (last string) {
	t.event("message_start", `,"message":`+string(m.append(nil, "[]", "null", 1)))
	t.event("ping", "")
	index := 0
	if m.thinking != "" {
		thinking := &choice{text: m.thinking}
		m.block(t, index, `{"type":"thinking","thinking":"","signature":""}`, "thinking", thinking, `{"type":"signature_delta","signature":"`+m.signature+`"}`)
		index++
	}
	if m.said.tool != nil {
		m.block(t, index, m.toolUse("{}"), "partial_json", &m.said, "")
	} else {
		m.block(t, index, `{"type":"text","text":""}`, "text", &m.said, "")
	}
	t.event("message_delta", `,"delta":{"stop_reason":`+m.reason()+`,"stop_sequence":null},"usage":{`+m.input()+
		`,"output_tokens":`+strconv.Itoa(m.usage.output)+`}`)
	return event("message_stop", "")
}

// deltaKinds are the deltas by what they lengthen.
var deltaKinds = map[string]string{"text": "text_delta", "thinking": "thinking_delta", "partial_json": "input_json_delta"}

// block sends one block, token by token; final is a last delta.
func (m *message) block(t *stream, index int, start, member string, said *choice, final string) {
	at := `,"index":` + strconv.Itoa(index)
	delta := func(json string) { t.event("content_block_delta", at+`,"delta":`+json) }
	t.event("content_block_start", at+`,"content_block":`+start)
	for piece := range pieces(said) {
		delta(`{"type":"` + deltaKinds[member] + `","` + member + `":` + quoted(piece) + `}`)
	}
	if final != "" {
		delta(final)
	}
	t.event("content_block_stop", at)
}
