// POST /v1/responses: reading the input.

package simulator

import (
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

func (*Simulator) serveResponses(x *exchange, doc object) *apiError {
	q := &textRequest{ep: responsesEndpoint, doc: doc, choices: 1, trail: newTrail()}
	if err := q.readResponseOptions(); err != nil {
		return err
	}
	if err := q.readItems(); err != nil {
		return err
	}
	forced, err := readResponsesToolChoice(doc)
	if err != nil {
		return err
	}
	if err := x.enterText(q); err != nil || x.done {
		return err
	}
	x.response(q, forced)
	return nil
}

// readResponseOptions reads the members beside the input.
func (q *textRequest) readResponseOptions() *apiError {
	for _, check := range []*apiError{
		readBool(q.doc, "stream", &q.stream),
		readInt(q.doc, "max_output_tokens", 1, 1<<31, &q.maxTokens),
		checkNumber(q.doc, "temperature", 0, 2),
		checkNumber(q.doc, "top_p", 0, 1),
	} {
		if check != nil {
			return check
		}
	}
	format := q.doc.get("text").Get("format")
	q.format = outputFormat{format.Get("type").String(), format.Get("schema")}
	return nil
}

// readItems makes the question out of instructions and input, and checks them.
func (q *textRequest) readItems() *apiError {
	input := q.doc.get("input")
	question := Question{Model: q.doc.get("model").Str}
	sum := newDigest()
	sum.add(question.Model)
	sum.add(q.doc.get("previous_response_id").Str)
	q.trail.opaque(q.doc.get("text").Get("format").Raw, 0)
	q.trail.tools(q.doc.get("tools"))
	q.trail.opaque(q.doc.get("previous_response_id").Str, 0)
	q.turn(&question, sum, "developer", q.doc.get("instructions"))
	switch {
	case input.Type == gjson.String:
		q.turn(&question, sum, "user", input)
	case !input.IsArray() || len(input.Array()) == 0:
		return invalid("input", "missing_required_parameter", "'input' is neither a text nor a list of items.")
	default:
		for i, item := range input.Array() {
			if err := q.readItem(&question, sum, item, "input["+strconv.Itoa(i)+"]"); err != nil {
				return err
			}
		}
	}
	sum.add(q.doc.get("tools").Raw)
	sum.add(q.doc.get("text").Raw)
	q.promptTokens = q.trail.tokens + replyTokens
	q.questions, q.digests = []Question{question}, []uint64{sum.Sum64()}
	return nil
}

// turn adds a turn that says something.
func (q *textRequest) turn(question *Question, sum *digest, role string, content gjson.Result) {
	if !content.Exists() || content.Str == "" && !content.IsArray() {
		return
	}
	q.trail.opaque(role, messageTokens)
	text := q.readParts(content, sum)
	sum.add(role)
	sum.add(text)
	question.add(Message{Role: role, Text: text})
}

// readItem adds an item of the input to the question.
func (q *textRequest) readItem(question *Question, sum *digest, item gjson.Result, at string) *apiError {
	if !item.IsObject() {
		return invalid(at, "invalid_type", "'"+at+"' is not an object.")
	}
	if kind := item.Get("type").String(); kind != "" && kind != "message" {
		sum.add(item.Raw)
		q.trail.opaque(kind, messageTokens)
		q.trail.text(item.Raw)
		return nil
	}
	content := item.Get("content")
	if content.Type != gjson.String && !content.IsArray() {
		return invalid(at+".content", "invalid_type", "'"+at+".content' is neither a text nor a list of parts.")
	}
	q.turn(question, sum, item.Get("role").String(), content)
	return nil
}

// readParts returns the text of an item.
func (q *textRequest) readParts(content gjson.Result, sum *digest) string {
	if !content.IsArray() {
		q.trail.text(content.Str)
		return content.Str
	}
	var texts []string
	content.ForEach(func(_, part gjson.Result) bool {
		switch kind := part.Get("type").Str; kind {
		case "input_text", "output_text":
			texts = append(texts, part.Get("text").String())
			q.trail.text(texts[len(texts)-1])
		case "input_image":
			q.trail.opaque(part.Raw, imageTokens)
			sum.add(part.Raw)
		default:
			q.trail.opaque(part.Raw, 0)
			sum.add(part.Raw)
		}
		return true
	})
	return strings.Join(texts, "\n")
}

// readResponsesToolChoice finds the function that tool_choice forces.
func readResponsesToolChoice(doc object) (forcedTool, *apiError) {
	choice, tools := doc.get("tool_choice"), doc.get("tools").Array()
	if choice.Str != "required" && choice.Get("type").String() != "function" {
		return forcedTool{}, nil
	}
	for _, tool := range tools {
		own := tool.Get("type").String() == "function"
		if own && (choice.Str == "required" || tool.Get("name").String() == choice.Get("name").String()) {
			return forcedTool{tool, tool.Get("parameters"), "tool_calls"}, nil
		}
	}
	return forcedTool{}, invalid("tool_choice", "invalid_value", "'tool_choice' names no function of 'tools'.")
}
