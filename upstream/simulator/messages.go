// POST /v1/messages and /v1/messages/count_tokens: reading the conversation.

package simulator

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

func (*Simulator) serveMessages(x *exchange, doc object) *apiError {
	q := &textRequest{ep: messagesEndpoint, doc: doc, choices: 1, trail: newTrail()}
	if err := q.readMessageOptions(); err != nil {
		return err
	}
	if err := q.readTurns(); err != nil {
		return err
	}
	forced, err := readAnthropicToolChoice(doc)
	if err != nil {
		return err
	}
	if err := x.enterText(q); err != nil || x.done {
		return err
	}
	x.message(q, forced)
	return nil
}

// serveCount tells how long a prompt is.
func (s *Simulator) serveCount(x *exchange, doc object) *apiError {
	q := &textRequest{ep: countEndpoint, doc: doc, choices: 1, trail: newTrail()}
	if err := q.readTurns(); err != nil {
		return err
	}
	if x.play(s.find(x.r.URL.Path, q.questions[0].Model, q.questions[0].Text)); x.done {
		return nil
	}
	x.respond(http.StatusOK, "application/json", []byte(`{"input_tokens":`+strconv.Itoa(q.promptTokens)+"}\n"))
	return nil
}

// readMessageOptions reads the members beside the conversation.
func (q *textRequest) readMessageOptions() *apiError {
	if !q.doc.get("max_tokens").Exists() {
		return invalid("max_tokens", "", "max_tokens: the member is missing.")
	}
	for _, check := range []*apiError{
		readBool(q.doc, "stream", &q.stream),
		readInt(q.doc, "max_tokens", 1, 1<<31, &q.maxTokens),
		checkNumber(q.doc, "temperature", 0, 1),
		checkNumber(q.doc, "top_p", 0, 1),
		q.readStop("stop_sequences"),
	} {
		if check != nil {
			return check
		}
	}
	if format := q.doc.get("output_config").Get("format"); format.Exists() {
		q.format = outputFormat{format.Get("type").String(), format.Get("schema")}
	}
	return nil
}

// readTurns makes the question out of system and messages, and checks them.
func (q *textRequest) readTurns() *apiError {
	list := q.doc.get("messages")
	if !list.IsArray() || len(list.Array()) == 0 {
		return invalid("messages", "", "messages: a list of at least one message is wanted.")
	}
	question := Question{Model: q.doc.get("model").Str}
	sum := newDigest()
	sum.add(question.Model)
	q.trail.tools(q.doc.get("tools"))
	if system := q.readBlocks(q.doc.get("system"), sum); system != "" {
		sum.add(system)
		question.add(Message{Role: "system", Text: system})
	}
	q.trail.opaque(q.doc.get("tool_choice").Raw+q.doc.get("thinking").Raw, 0) // what they change are the messages
	for i, message := range list.Array() {
		role, content := message.Get("role").Str, message.Get("content")
		at := "messages." + strconv.Itoa(i)
		switch {
		case role != "user" && role != "assistant" && role != "system":
			return invalid(at+".role", "", at+".role: is none of user, assistant and system.")
		case content.Type != gjson.String && !content.IsArray():
			return invalid(at+".content", "", at+".content: is neither a string nor a list of blocks.")
		}
		q.trail.opaque(role, messageTokens)
		text := q.readBlocks(content, sum)
		sum.add(role)
		sum.add(text)
		question.add(Message{Role: role, Text: text})
	}
	sum.add(q.doc.get("tools").Raw)
	q.promptTokens = q.trail.tokens + replyTokens
	q.questions, q.digests = []Question{question}, []uint64{sum.Sum64()}
	return q.trail.endAll(q.doc.get(cacheControl))
}

// readBlocks returns the text of a content or a system prompt. Marks of the
// prefix cache change nothing in it.
func (q *textRequest) readBlocks(content gjson.Result, sum *digest) string {
	if !content.IsArray() {
		if content.String() != "" {
			q.trail.text(content.String())
			q.trail.end(content)
		}
		return content.String()
	}
	var texts []string
	content.ForEach(func(_, block gjson.Result) bool {
		switch kind := block.Get("type").Str; kind {
		case "text":
			texts = append(texts, block.Get("text").String())
			q.trail.text(texts[len(texts)-1])
		case "image":
			q.trail.opaque(block.Get("source").Raw, imageTokens)
			sum.add(block.Get("source").Raw)
		default:
			for _, member := range []string{"type", "id", "tool_use_id", "name", "input", "content", "source", "thinking", "data"} {
				sum.add(block.Get(member).Raw)
			}
			q.readOther(block)
		}
		q.trail.end(block)
		return true
	})
	return strings.Join(texts, "\n")
}

// readOther takes a block that is neither text nor image.
func (q *textRequest) readOther(block gjson.Result) {
	for _, member := range []string{"type", "id", "tool_use_id", "name", "data"} {
		q.trail.opaque(block.Get(member).Raw, 0)
	}
	for _, member := range []string{"input", "content", "thinking"} {
		q.trail.text(block.Get(member).Raw)
	}
	q.trail.text(block.Get("source.data").String())
}

// readAnthropicToolChoice finds the tool that tool_choice forces.
func readAnthropicToolChoice(doc object) (forcedTool, *apiError) {
	choice, tools := doc.get("tool_choice"), doc.get("tools").Array()
	kind := choice.Get("type").String()
	switch {
	case kind != "any" && kind != "tool":
		return forcedTool{}, nil
	case len(tools) == 0:
		return forcedTool{}, invalid("tool_choice", "", "tool_choice: goes with tools only.")
	}
	for _, tool := range tools {
		if kind == "any" || tool.Get("name").String() == choice.Get("name").String() {
			return forcedTool{tool, tool.Get("input_schema"), "tool_calls"}, nil
		}
	}
	return forcedTool{}, invalid("tool_choice.name", "", "tool_choice.name: is no tool of tools.")
}
