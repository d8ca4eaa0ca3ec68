// POST /v1/chat/completions: reading the conversation.

package simulator

import (
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

func (*Simulator) serveChat(x *exchange, doc object) *apiError {
	q := &textRequest{ep: chatEndpoint, doc: doc, trail: newTrail()}
	if err := q.readOptions(); err != nil {
		return err
	}
	if err := q.readMessages(); err != nil {
		return err
	}
	forced, err := readToolChoice(doc)
	if err != nil {
		return err
	}
	if err := x.enterText(q); err != nil || x.done {
		return err
	}
	x.answer(q, forced)
	return nil
}

// readMessages makes the question out of the messages, and checks them.
func (q *textRequest) readMessages() *apiError {
	list := q.doc.get("messages")
	switch {
	case !list.Exists():
		return invalid("messages", "missing_required_parameter", "'messages' is missing.")
	case !list.IsArray():
		return invalid("messages", "invalid_type", "'messages' is not a list.")
	}
	question := Question{Model: q.doc.get("model").Str}
	sum := newDigest()
	sum.add(question.Model)
	q.trail.opaque(q.doc.get("response_format").Raw, 0) // a schema stands before all else
	q.trail.tools(q.doc.get("tools"))
	var failed *apiError
	list.ForEach(func(_, message gjson.Result) bool {
		failed = q.readMessage(&question, sum, message)
		return failed == nil
	})
	switch {
	case failed != nil:
		return failed
	case len(question.Messages) == 0:
		return invalid("messages", "empty_array", "'messages' is empty; it needs at least one.")
	}
	for _, name := range []string{"tools", "response_format"} {
		sum.add(q.doc.get(name).Raw)
	}
	q.promptTokens = q.trail.tokens + replyTokens
	q.questions = []Question{question}
	q.digests = []uint64{sum.Sum64()}
	return nil
}

// readMessage adds one message to the question.
func (q *textRequest) readMessage(question *Question, sum *digest, message gjson.Result) *apiError {
	at := func(member string) string {
		return "messages[" + strconv.Itoa(len(question.Messages)) + "]" + member
	}
	if !message.IsObject() {
		return invalid(at(""), "invalid_type", "'"+at("")+"' is not an object.")
	}
	members := make(object, 0, 4).parse(message)
	role, content := members.get("role").Str, members.get("content")
	switch role {
	case "system", "developer", "user", "tool", "function":
		if !content.Exists() || content.Type == gjson.Null {
			return invalid(at(".content"), "missing_required_parameter", "'"+at(".content")+"' is missing.")
		}
	case "assistant": // may hold tool calls instead
	default:
		return invalid(at(".role"), "invalid_value",
			"'"+at(".role")+"' is none of system, developer, user, assistant, tool and function.")
	}
	if content.Exists() && content.Type != gjson.Null && content.Type != gjson.String && !content.IsArray() {
		return invalid(at(".content"), "invalid_type", "'"+at(".content")+"' is neither a string nor a list of parts.")
	}
	q.trail.opaque(role+"\xff"+members.get("name").Raw+members.get("tool_call_id").Raw, messageTokens)
	text := q.readContent(content, sum)
	calls := members.get("tool_calls").Raw
	sum.add(role)
	sum.add(text)
	sum.add(calls)
	q.trail.text(calls)
	question.add(Message{Role: role, Text: text})
	return nil
}

// readContent returns the text of a message.
func (q *textRequest) readContent(content gjson.Result, sum *digest) string {
	if !content.IsArray() {
		q.trail.text(content.String())
		return content.String()
	}
	var texts []string
	content.ForEach(func(_, part gjson.Result) bool {
		switch kind := part.Get("type").Str; kind {
		case "text":
			texts = append(texts, part.Get("text").String())
			q.trail.text(texts[len(texts)-1])
		case "image_url":
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

// add appends a turn.
func (q *Question) add(m Message) {
	q.Messages = append(q.Messages, m)
	switch m.Role {
	case "system", "developer":
		if q.System != "" {
			q.System += "\n"
		}
		q.System += m.Text
	case "user":
		q.Text = m.Text
	}
}

// forcedTool is the tool that a request demands to be called.
type forcedTool struct {
	definition   gjson.Result // the object that names it; not there if none is forced
	schema       gjson.Result // of its arguments
	finishReason string
}

func forcedFunction(definition gjson.Result, finishReason string) forcedTool {
	return forcedTool{definition, definition.Get("parameters"), finishReason}
}

// readToolChoice finds the tool that tool_choice forces.
func readToolChoice(doc object) (forcedTool, *apiError) {
	choice, tools := doc.get("tool_choice"), doc.get("tools")
	named := choice.Get("function.name").String()
	switch {
	case !choice.Exists() || choice.Type == gjson.Null:
		return forcedTool{}, nil
	case len(tools.Array()) == 0:
		return forcedTool{}, invalid("tool_choice", "invalid_value", "'tool_choice' goes with 'tools' only.")
	case choice.Str == "auto" || choice.Str == "none":
		return forcedTool{}, nil
	case choice.Str == "required":
		return forcedFunction(tools.Get("0.function"), "tool_calls"), nil
	}
	for _, tool := range tools.Array() {
		if named != "" && tool.Get("function.name").String() == named {
			return forcedFunction(tool.Get("function"), "stop"), nil
		}
	}
	return forcedTool{}, invalid("tool_choice", "invalid_value", "'tool_choice' names no tool of 'tools'.")
}
