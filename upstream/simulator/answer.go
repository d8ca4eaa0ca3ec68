// Answers to requests for text: what they say, and as one JSON document.

package simulator

import (
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// longestQuote bounds how much of the question the default answer repeats.
const longestQuote = 400

// choice is one of the answers to a request.
type choice struct {
	text         string
	tool         *ToolCall // instead of text
	finishReason string
}

// answer answers a request for text in the form that it asks for.
func (x *exchange) answer(q *textRequest, forced forcedTool) {
	choices, u := x.choices(q, forced)
	x.used = u
	d := &document{q: q, created: time.Now().Unix(), usage: u}
	if q.stream {
		x.stream(d, choices)
		return
	}
	buf := documents.Get().(*[]byte)
	defer documents.Put(buf)
	*buf = d.append((*buf)[:0], choices)
	x.respond(http.StatusOK, "application/json", *buf)
}

// choices makes the n answers to each question.
func (x *exchange) choices(q *textRequest, forced forcedTool) ([]choice, usage) {
	choices := make([]choice, 0, len(q.questions)*q.choices)
	u := usage{prompt: q.promptTokens, cached: x.cached.read, written: x.cached.written, writtenHourly: x.cached.writtenHourly}
	if q.ep == messagesEndpoint {
		u.free = u.cached
	}
	x.s.prefixes.keep(x.owner, x.cached, time.Now())
	for i, question := range q.questions {
		for n := range q.choices {
			question.Choice = n
			c := x.choice(q, question, q.digests[i], forced)
			u.output += c.tokens()
			choices = append(choices, c)
		}
	}
	return choices, u
}

// choice makes one answer: the script's, the forced tool call, or a text.
func (x *exchange) choice(q *textRequest, question Question, sum uint64, forced forcedTool) choice {
	var c choice
	step := x.step
	if step == nil {
		step = &Response{}
	}
	switch {
	case step.ToolCall != nil && q.ep != completionsEndpoint:
		c = choice{tool: step.ToolCall, finishReason: "tool_calls"}
	case step.Answer != "":
		c.text, c.finishReason = q.cut(step.Answer)
	case forced.definition.Exists():
		arguments := sample(nil, forced.schema, question.Text)
		c.tool = &ToolCall{Name: forced.definition.Get("name").String(), Arguments: string(arguments)}
		c.finishReason = forced.finishReason
	default:
		c.text, c.finishReason = q.cut(q.format.apply(x.say(question, sum)))
	}
	if step.FinishReason != "" {
		c.finishReason = step.FinishReason
	}
	return c
}

// say is the text of an answer before it is formatted or cut.
func (x *exchange) say(question Question, sum uint64) string {
	if x.s.opts.Answer != nil {
		return x.s.opts.Answer(question)
	}
	buf := make([]byte, 0, 128+len(question.Text))
	buf = append(buf, "Simulated answer "...)
	const hex = "0123456789abcdef"
	for shift := 60; shift >= 32; shift -= 4 {
		buf = append(buf, hex[sum>>shift&15])
	}
	if question.Choice > 0 {
		buf = append(buf, " (choice "...)
		buf = strconv.AppendInt(buf, int64(question.Choice+1), 10)
		buf = append(buf, ')')
	}
	buf = append(buf, " of "...)
	buf = append(buf, question.Model...)
	buf = append(buf, ". You asked: "...)
	return string(append(buf, quote(question.Text)...))
}

// quote shortens a long question at the border of a character.
func quote(text string) string {
	if len(text) <= longestQuote {
		return text
	}
	end := longestQuote
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "..."
}

// tokens estimates what the choice costs.
func (c *choice) tokens() int {
	if c.tool != nil {
		return countTokens(c.tool.Name) + countTokens(c.tool.Arguments)
	}
	return countTokens(c.text)
}

// document is what all parts of one answer share.
type document struct {
	q       *textRequest
	created int64
	usage   usage
}

// appendHead writes an answer's members up to its choices.
func (d *document) appendHead(dst []byte, object string) []byte {
	prefix := "chatcmpl-"
	if d.q.ep == completionsEndpoint {
		prefix = "cmpl-"
	}
	dst = append(dst, `{"id":"`...)
	dst = appendID(dst, prefix)
	dst = append(dst, `","object":"`...)
	dst = append(dst, object...)
	dst = append(dst, `","created":`...)
	dst = strconv.AppendInt(dst, d.created, 10)
	dst = append(dst, `,"model":`...)
	dst = gjson.AppendJSONString(dst, d.q.questions[0].Model)
	if d.q.ep == chatEndpoint {
		dst = append(dst, `,"service_tier":"default"`...)
	}
	return append(dst, `,"system_fingerprint":"fp_simulator","choices":[`...)
}

// append writes the whole JSON document.
func (d *document) append(dst []byte, choices []choice) []byte {
	object := "chat.completion"
	if d.q.ep == completionsEndpoint {
		object = "text_completion"
	}
	dst = d.appendHead(dst, object)
	for i := range choices {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"index":`...)
		dst = strconv.AppendInt(dst, int64(i), 10)
		if d.q.ep == chatEndpoint {
			dst = choices[i].appendMessage(append(dst, `,"message":`...))
		} else {
			dst = gjson.AppendJSONString(append(dst, `,"text":`...), choices[i].text)
		}
		dst = append(dst, `,"logprobs":null,"finish_reason":`...)
		dst = append(gjson.AppendJSONString(dst, choices[i].finishReason), '}')
	}
	dst = d.usage.append(append(dst, `],"usage":`...), d.q.ep)
	return append(dst, "}\n"...)
}

// appendMessage writes a chat message.
func (c *choice) appendMessage(dst []byte) []byte {
	dst = append(dst, `{"role":"assistant","content":`...)
	if c.tool == nil {
		dst = gjson.AppendJSONString(dst, c.text)
		return append(dst, `,"refusal":null,"annotations":[]}`...)
	}
	dst = append(dst, `null,"tool_calls":[{"id":"`...)
	dst = appendID(dst, "call_")
	dst = append(dst, `","type":"function","function":{"name":`...)
	dst = gjson.AppendJSONString(dst, c.tool.Name)
	dst = append(dst, `,"arguments":`...)
	dst = gjson.AppendJSONString(dst, c.tool.Arguments)
	return append(dst, `}}],"refusal":null,"annotations":[]}`...)
}
