// OpenAI's responses as answers: what is read of them, and one made of a text.

package llm

import (
	"errors"
	"strconv"
	"time"
)

// readOutput reads a response.
func (r *Response) readOutput(root value) error {
	output := root.at("output")
	if output.kind() != '[' {
		return errors.New("llm: the answer has no output")
	}
	for item := range output.elements() {
		if item.kind() != '{' {
			return errors.New("llm: the answer has an item that is not an object")
		}
		switch item.at("type").text() {
		case "message":
		case "reasoning":
			r.Signed = r.Signed || len(item.at("encrypted_content").inner()) > 0
		default:
			r.ToolCalls = true // a tool's call, what it came to, or what is not known
		}
	}
	r.FinishReasons = []string{root.at("status").text()}
	return nil
}

// textResponse makes a response out of a text, with the members that every
// response has.
func textResponse(model, text, id string, created time.Time) ([]byte, error) {
	doc := appendQuoted([]byte(`{"id":`), id)
	doc = strconv.AppendInt(append(doc, `,"object":"response","created_at":`...), created.Unix(), 10)
	doc = append(doc, `,"status":"completed","error":null,"incomplete_details":null,"instructions":null,"metadata":{},"model":`...)
	doc = appendQuoted(doc, model)
	doc = appendQuoted(append(doc, `,"output":[{"id":`...), "msg-"+id)
	doc, err := appendText(append(doc, `,"type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":`...), text)
	if err != nil {
		return nil, err
	}
	return append(doc, `,"annotations":[]}]}],"parallel_tool_calls":true,"temperature":null,"tool_choice":"auto","tools":[],"top_p":null}`...), nil
}
