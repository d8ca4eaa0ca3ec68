// What a rewrite does not understand, for explanations.

package prefix

import (
	"slices"
	"strconv"
)

// knownRoles and knownTypes are those of turns, and of parts and items in all
// dialects.
var (
	knownRoles = []string{"system", "developer", "user", "assistant", "tool", "function"}
	knownTypes = []string{
		"text", "input_text", "output_text", "refusal", "image", "image_url", "input_image", "input_audio", "file", "input_file", "document",
		"tool_use", "tool_result", "server_tool_use", "web_search_tool_result", "search_result", "thinking", "redacted_thinking",
		"message", "function_call", "function_call_output", "reasoning", "item_reference",
	}
)

// Stranger is a part of a prompt that is not understood.
type Stranger struct {
	Place string
	What  string // "role" or "type"
	Name  string // the role or type that it has; of the caller's text
}

// Strangers lists the turns and parts whose role or type is not known. They stay
// where they are, and what follows them in their message does too.
func Strangers(body []byte) []Stranger {
	root := parseObject(string(body))
	var list []Stranger
	for _, name := range []string{"system", "messages", "input"} {
		m := root.member(name)
		if m == nil || isString(m.raw) {
			continue
		}
		for i, raw := range parseArray(m.raw) {
			list = append(list, strange(raw, name+"["+strconv.Itoa(i)+"]")...)
		}
	}
	return list
}

// strange lists what is not understood of a turn, an item or a part.
func strange(raw, place string) []Stranger {
	o := parseObject(raw)
	if o == nil {
		return []Stranger{{place, "type", "not an object"}}
	}
	if role := o.member("role"); role != nil && !slices.Contains(knownRoles, o.text("role")) {
		return []Stranger{{place, "role", o.text("role")}}
	}
	if kind := o.member("type"); kind != nil && !slices.Contains(knownTypes, o.text("type")) {
		return []Stranger{{place, "type", o.text("type")}}
	}
	var list []Stranger
	if content := o.member("content"); content != nil {
		for i, part := range parseArray(content.raw) {
			list = append(list, strange(part, place+".content["+strconv.Itoa(i)+"]")...)
		}
	}
	return list
}
