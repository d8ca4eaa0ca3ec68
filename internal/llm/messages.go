// Requests of Anthropic's messages: their question, and what rules a stored
// answer out.

package llm

import "slices"

// messagesQuery reads the last of the messages. A tool that the provider runs
// or defines makes the answer more than a text that follows from the question.
func messagesQuery(f fields) query {
	last, n := f.asked.last()
	switch {
	case n == 0:
		return query{none: "empty"}
	case hasBuiltinTool(f.root.at("tools"), "custom") || f.root.at("mcp_servers").hasElements():
		return query{none: "builtin_tool"}
	case last.at("role").text() != "user":
		return query{none: "last_turn_not_user"}
	}
	return contentQuery(last.at("content"))
}

// hasBuiltinTool reports whether some tool is not of the caller's own making:
// those have one of the types given, or none.
func hasBuiltinTool(tools value, own ...string) bool {
	for tool := range tools.elements() {
		kind := tool.at("type")
		if !kind.isNull() && !slices.Contains(own, kind.text()) {
			return true
		}
	}
	return false
}

// bypassOf is why a stored answer must not stand in for the provider's; "" if
// nothing speaks against it. Each of these changes something at the provider
// that later requests build on.
func bypassOf(ep Endpoint, root value) string {
	switch {
	case ep == Messages && !root.at("container").isNull():
		return "container" // the code of an answer runs in it, and leaves files
	case ep != Responses:
		return ""
	case root.at("background").kind() == 't':
		return "background" // the answer is a ticket
	case !root.at("conversation").isNull():
		return "conversation" // question and answer are added to it
	}
	return ""
}
