// What the chunks of OpenAI's chats and completions add up to.

package llm

import (
	"errors"
	"fmt"
)

// chunkEvents are what the chunks so far of a chat or a completion make.
type chunkEvents struct {
	endpoint Endpoint
	top      merged
	choices  []*choice // in the order they came
}

// ends is never true: a mark ends the stream, not a chunk.
func (a *chunkEvents) ends(value) bool { return false }

// add merges one chunk in.
func (a *chunkEvents) add(root value) error {
	if root.kind() != '{' {
		return errors.New("is not an object")
	}
	if !root.at("error").isNull() {
		return errors.New("is an error object")
	}
	choices := root.at("choices")
	if !choices.isNull() && choices.kind() != '[' {
		return errors.New("has choices that are not an array")
	}
	if !a.top.add(root, topRules) {
		return errors.New("has too many members")
	}
	for c := range choices.elements() {
		if c.kind() != '{' {
			return errors.New("has a choice that is not an object")
		}
		into, err := a.choice(c.at("index"))
		if err != nil {
			return err
		}
		if err := into.add(a.endpoint, c); err != nil {
			return err
		}
	}
	return nil
}

// topRules are those of a chunk's own members. Azure's first chunk has empty
// ones, so the first that says something counts; usage may be counted up from
// chunk to chunk, and what pads the chunks is no part of the answer.
func topRules(name []byte) (rule, rules) {
	switch string(name) {
	case "choices", "object", "obfuscation":
		return ignore, nil
	case "usage":
		return takeLast, nil
	}
	return takeFirst, nil
}

// maxIndex bounds the index of choices and tool calls.
const maxIndex = 1 << 12

// indexOf reads an index; an absent one is 0.
func indexOf(v value) (int, error) {
	if v.isNull() {
		return 0, nil
	}
	n, ok := countOf(v)
	if !ok || n >= maxIndex {
		return 0, fmt.Errorf("has an index that is not an integer from 0 to %d", maxIndex-1)
	}
	return int(n), nil
}

// choice is the choice of that index, made if there is none.
func (a *chunkEvents) choice(index value) (*choice, error) {
	n, err := indexOf(index)
	if err != nil {
		return nil, err
	}
	for _, c := range a.choices {
		if c.index == n {
			return c, nil
		}
	}
	c := &choice{index: n}
	a.choices = append(a.choices, c)
	return c, nil
}

// document writes the answer in the member order of OpenAI's.
func (a *chunkEvents) document() ([]byte, error) {
	if len(a.choices) == 0 {
		return nil, errors.New("llm: the stream has no choices")
	}
	for _, c := range a.choices {
		if !c.finished() {
			return nil, fmt.Errorf("llm: choice %d of the stream has no finish reason", c.index)
		}
	}
	object := "chat.completion"
	if a.endpoint == Completions {
		object = "text_completion"
	}
	dst := []byte{'{'}
	if id := a.top.find("id"); id != nil {
		dst = append(id.appendTo(dst), ',')
	}
	dst = append(dst, `"object":"`+object+`"`...)
	for _, name := range []string{"created", "model"} {
		if m := a.top.find(name); m != nil {
			dst = m.appendTo(append(dst, ','))
		}
	}
	dst = append(dst, `,"choices":`...)
	dst = appendChoices(dst, a.endpoint, a.choices)
	for _, m := range a.top.members {
		switch {
		case m.name == "id" || m.name == "created" || m.name == "model":
		case m.name == "usage" && m.kind == 'n': // asked for, and never given
		default:
			dst = m.appendTo(append(dst, ','))
		}
	}
	return append(dst, '}'), nil
}
