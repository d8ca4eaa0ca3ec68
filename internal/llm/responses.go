// Requests of OpenAI's responses: their items, their question, and the state
// at the provider that they lean on.

package llm

import "fmt"

// checkItems demands an input of one of the forms of the responses API. It may
// be left out where the provider knows the rest.
func checkItems(input value) error {
	switch input.kind() {
	case 0, 'n', '"':
		return nil
	case '[':
	default:
		return &RequestError{Param: "input", Message: "must be a string, or an array of items such as {\"role\": \"user\", \"content\": \"...\"}"}
	}
	i := 0
	for item := range input.elements() {
		if item.kind() != '{' {
			return &RequestError{Param: fmt.Sprintf("input[%d]", i), Message: "must be an object, such as one with role and content"}
		}
		i++
	}
	return nil
}

// namesTemplate reports whether a request names a prompt that the provider
// keeps, which may bring its own model.
func namesTemplate(root value) bool { return root.at("prompt").kind() == '{' }

// responsesQuery reads the input, or its last item.
func responsesQuery(f fields) query {
	if none := stateOf(f.root); none != "" {
		return query{none: none}
	}
	if f.asked.kind() != '[' {
		return contentQuery(f.asked)
	}
	var last value
	for item := range f.asked.elements() {
		if item.at("type").text() == "item_reference" {
			return query{none: "reference"}
		}
		last = item
	}
	return itemQuery(last)
}

// stateOf is what of a request is known to the provider alone; "" if the body
// holds all of it.
//
// An answer that the provider keeps, which it does unless store is false, can
// be gone on with by its id. What follows then builds on the very question
// that the provider has: a reworded one must not get the same id.
func stateOf(root value) string {
	switch {
	case !root.at("previous_response_id").isNull():
		return "previous_response"
	case namesTemplate(root):
		return "prompt_template"
	case root.at("store").kind() != 'f':
		return "stored"
	case hasBuiltinTool(root.at("tools"), "function", "custom"):
		return "builtin_tool"
	}
	return ""
}

// itemQuery reads an item of the input.
func itemQuery(item value) query {
	switch item.at("type").text() {
	case "", "message":
	case "function_call_output", "custom_tool_call_output":
		return query{none: "tool_result"}
	default:
		return query{none: "last_turn_not_user"}
	}
	switch {
	case item.kind() == 0:
		return query{none: "empty"}
	case item.at("role").text() != "user":
		return query{none: "last_turn_not_user"}
	}
	return contentQuery(item.at("content"))
}
