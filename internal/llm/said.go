// What an answer says: its text, without the form around it.

package llm

import (
	"errors"
	"strings"
)

// errNotText is an answer that more is to be said of than one text: several
// choices, or parts that are none.
var errNotText = errors.New("llm: the answer is not one text")

// Said is the text of a whole answer of ep. It is an error if the answer is not
// one text: it has several choices, calls a tool, or holds anything else.
func Said(ep Endpoint, body []byte) (string, error) {
	r, err := ParseResponse(ep, body)
	if err != nil {
		return "", err
	}
	if r.ToolCalls || len(r.FinishReasons) != 1 {
		return "", errNotText
	}
	doc := borrowTape(0)
	defer doc.release()
	if err := doc.parse(body); err != nil {
		return "", err
	}
	root := doc.root()
	switch ep {
	case Chat:
		choice, _ := root.at("choices").last()
		return textOf(choice.at("message").at("content"))
	case Completions:
		choice, _ := root.at("choices").last()
		return textOf(choice.at("text"))
	case Messages:
		return textsOf(root.at("content"))
	case Responses:
		var all []string
		for item := range root.at("output").elements() {
			if item.at("type").text() != "message" {
				continue // what the model thought on the way
			}
			text, err := textsOf(item.at("content"))
			if err != nil {
				return "", err
			}
			all = append(all, text)
		}
		return strings.Join(all, "\n"), nil
	}
	return "", errNotText
}

func textOf(v value) (string, error) {
	if v.kind() != '"' {
		return "", errNotText
	}
	return v.text(), nil
}

// textsOf joins the texts of blocks. Thoughts are no part of what is said.
func textsOf(blocks value) (string, error) {
	var all []string
	for block := range blocks.elements() {
		switch block.at("type").text() {
		case "text", "output_text":
			all = append(all, block.at("text").text())
		case "thinking", "redacted_thinking":
		default:
			return "", errNotText
		}
	}
	return strings.Join(all, "\n"), nil
}
