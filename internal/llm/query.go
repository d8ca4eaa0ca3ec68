// The query text: what the last user turn says, or why there is none.

package llm

import "strings"

// query is the text of the last user turn, and the strings it was made of.
type query struct {
	text  string
	none  string // why there is no text
	holes []hole // the strings, in order
}

// A hole is a string of the query text: what the scope is blind to.
type hole struct {
	value
	content string
}

// holeOf reads a string.
func holeOf(v value) hole { return hole{v, v.text()} }

// queryOf finds the query text of a request.
func queryOf(ep Endpoint, f fields) query {
	var q query
	switch ep {
	case Chat:
		q = chatQuery(f.asked)
	case Completions:
		q = promptQuery(f.asked)
	case Responses:
		q = responsesQuery(f)
	case Messages:
		q = messagesQuery(f)
	default:
		q = query{none: "endpoint"}
	}
	if q.none == "" && strings.TrimSpace(q.text) == "" {
		q.none = "empty"
	}
	if q.none != "" {
		return query{none: q.none}
	}
	return q
}

// chatQuery reads the last of the messages.
func chatQuery(messages value) query {
	last, n := messages.last()
	if n == 0 {
		return query{none: "empty"}
	}
	switch last.at("role").text() {
	case "user":
	case "tool", "function":
		return query{none: "tool_result"}
	default:
		return query{none: "last_turn_not_user"}
	}
	return contentQuery(last.at("content"))
}

// contentQuery reads what a user turn says: a text, or parts.
func contentQuery(content value) query {
	switch content.kind() {
	case '"':
		h := holeOf(content)
		return query{text: h.content, holes: []hole{h}}
	case '[':
		return partsQuery(content)
	}
	return query{none: "empty"}
}

// partsQuery joins the texts of a content's parts, all of which must be texts.
func partsQuery(parts value) query {
	var texts []string
	var q query
	for part := range parts.elements() {
		if q.none = partRefusal(part); q.none != "" {
			return q
		}
		h := holeOf(part.at("text"))
		texts = append(texts, h.content)
		q.holes = append(q.holes, h)
	}
	q.text = strings.Join(texts, "\n")
	return q
}

// partRefusal is why a content part has no text to embed; "" for a text.
func partRefusal(part value) string {
	switch part.at("type").text() {
	case "text", "input_text":
		if part.at("text").kind() == '"' {
			return ""
		}
	case "image_url", "input_image", "image":
		return "image"
	case "input_audio", "audio", "audio_url":
		return "audio"
	case "file", "input_file", "container_upload":
		return "file"
	case "document", "search_result":
		return "document"
	case "tool_result":
		return "tool_result"
	case "video_url", "input_video", "video":
		return "video"
	}
	return "unknown_part"
}

// promptQuery reads the prompt of a completion.
func promptQuery(prompt value) query {
	switch prompt.kind() {
	case '"':
		h := holeOf(prompt)
		return query{text: h.content, holes: []hole{h}}
	case '[':
		switch prompt.opening() {
		case ']':
			return query{none: "empty"}
		case '"':
			return query{none: "multiple_prompts"}
		}
		return query{none: "tokens"}
	}
	return query{none: "empty"}
}
