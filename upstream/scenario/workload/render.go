// Prompts as requests, in each provider's dialect.

package workload

import (
	"bytes"
	"encoding/json"
	"strings"
)

// maxTokens is how long answers may be; what they say is of no interest.
const maxTokens = 16

type object map[string]any

// OpenAI is the prompt as a request to chat completions.
func (p Prompt) OpenAI(model string) []byte {
	var messages []any
	if len(p.System) > 0 {
		messages = append(messages, object{"role": "system", "content": joined(p.System)})
	}
	for _, t := range p.Turns {
		m := object{"role": t.Role, "content": joined(t.Parts)}
		switch {
		case t.Role == "tool":
			m["tool_call_id"] = t.Call.ID
		case t.Call != nil:
			m["tool_calls"] = []any{object{"id": t.Call.ID, "type": "function", "function": object{"name": t.Call.Name, "arguments": t.Call.Arguments}}}
		}
		messages = append(messages, m)
	}
	body := object{"model": model, "messages": messages, "max_tokens": maxTokens}
	if len(p.Tools) > 0 {
		var tools []any
		for _, t := range p.Tools {
			tools = append(tools, object{"type": "function", "function": object{"name": t.Name, "description": t.Description, "parameters": json.RawMessage(t.Schema)}})
		}
		body["tools"] = tools
	}
	return encode(body)
}

// Anthropic is the prompt as a request to messages.
func (p Prompt) Anthropic(model string) []byte {
	var messages []any
	for _, t := range p.Turns {
		content := blocks(t.Parts)
		switch {
		case t.Role == "tool":
			result := object{"type": "tool_result", "tool_use_id": t.Call.ID, "content": joined(t.Parts)}
			messages = append(messages, object{"role": "user", "content": []any{marked(result, t.Keep)}})
			continue
		case t.Call != nil:
			content = append(content, object{"type": "tool_use", "id": t.Call.ID, "name": t.Call.Name, "input": json.RawMessage(t.Call.Arguments)})
		}
		if t.Keep {
			marked(content[len(content)-1], true)
		}
		messages = append(messages, object{"role": t.Role, "content": plain(content)})
	}
	body := object{"model": model, "messages": messages, "max_tokens": maxTokens}
	if len(p.System) > 0 {
		body["system"] = plain(blocks(p.System))
	}
	if len(p.Tools) > 0 {
		var tools []any
		for _, t := range p.Tools {
			tools = append(tools, object{"name": t.Name, "description": t.Description, "input_schema": json.RawMessage(t.Schema)})
		}
		body["tools"] = tools
	}
	return encode(body)
}

// joined is parts as one text.
func joined(parts []Part) string {
	list := make([]string, len(parts))
	for i := range parts {
		list[i] = parts[i].Text
	}
	return strings.Join(list, "\n\n")
}

func blocks(parts []Part) []object {
	var list []object
	for _, p := range parts {
		list = append(list, marked(object{"type": "text", "text": p.Text}, p.Keep))
	}
	return list
}

// marked puts a mark on a block that is to be kept.
func marked(block object, keep bool) object {
	if keep {
		block["cache_control"] = object{"type": "ephemeral"}
	}
	return block
}

// plain is a content in its shorter form, where a single text has no mark.
func plain(blocks []object) any {
	if len(blocks) == 1 && blocks[0]["type"] == "text" && blocks[0]["cache_control"] == nil {
		return blocks[0]["text"]
	}
	return blocks
}

func encode(body object) []byte {
	var doc bytes.Buffer
	e := json.NewEncoder(&doc)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		panic(err) // strings and numbers always encode
	}
	return doc.Bytes()
}
