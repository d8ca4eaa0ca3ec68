// Anthropic's messages as answers: what is read of them, and one made of a text.

package llm

import "errors"

// readContent reads a message.
func (r *Response) readContent(root value) error {
	content := root.at("content")
	if root.at("type").text() != "message" || content.kind() != '[' {
		return errors.New("llm: the answer is no message with content")
	}
	for block := range content.elements() {
		if block.kind() != '{' {
			return errors.New("llm: the answer has a block that is not an object")
		}
		switch block.at("type").text() {
		case "text":
		case "thinking":
			r.Signed = r.Signed || len(block.at("signature").inner()) > 0
		case "redacted_thinking":
			r.Signed = true
		default:
			r.ToolCalls = true // a tool's call, its result, or what is not known
		}
	}
	r.FinishReasons = []string{root.at("stop_reason").text()}
	return nil
}

// textMessage makes a message out of a text. A message has a usage always.
func textMessage(model, text, id string) ([]byte, error) {
	doc := appendQuoted([]byte(`{"id":`), id)
	doc = appendQuoted(append(doc, `,"type":"message","role":"assistant","model":`...), model)
	doc, err := appendText(append(doc, `,"content":[{"type":"text","text":`...), text)
	if err != nil {
		return nil, err
	}
	return append(doc, `}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":0}}`...), nil
}
