// Answers as one document: the checks on them, and what is read of them.

package llm

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Usage is the tokens that an answer reports.
type Usage struct {
	Input  int64 // prompt tokens, cached ones included
	Output int64
	Cached int64 // prompt tokens that the provider read from its own prefix cache

	// Written are prompt tokens that it wrote to that cache for a surcharge, and
	// WrittenHour those of them that it keeps for an hour.
	Written, WrittenHour int64
}

// Response is a read-only view of one complete answer.
type Response struct {
	Endpoint      Endpoint
	Body          []byte
	Model         string
	FinishReasons []string // one for each choice; a message's stop reason, a response's status; nil for embeddings
	ToolCalls     bool     // some choice calls a tool or a function, or the provider did for it
	Signed        bool     // it holds thoughts that are signed or encrypted for their own conversation
	Usage         Usage
	HasUsage      bool
}

// ParseResponse checks body and reads it. It is an error if body is not JSON
// of the endpoint's answer shape (an error object, say).
func ParseResponse(ep Endpoint, body []byte) (*Response, error) {
	doc := borrowTape(0)
	defer doc.release()
	if err := doc.parse(body); err != nil {
		return nil, fmt.Errorf("llm: answer: %w", err)
	}
	root := doc.root()
	if !root.at("error").isNull() {
		return nil, errors.New("llm: the answer is an error object")
	}
	r := &Response{Endpoint: ep, Body: body, Model: root.at("model").text()}
	r.Usage, r.HasUsage = reportedUsage(root.at("usage"))
	if err := r.read(root); err != nil {
		return nil, err
	}
	return r, nil
}

// read reads what the endpoints have each in a way of their own.
func (r *Response) read(root value) error {
	switch r.Endpoint {
	case Embeddings:
		return checkEmbeddings(root)
	case Responses:
		return r.readOutput(root)
	case Messages:
		return r.readContent(root)
	}
	for choice := range root.at("choices").elements() {
		if err := r.addChoice(choice); err != nil {
			return err
		}
	}
	if len(r.FinishReasons) == 0 {
		return errors.New("llm: the answer has no choices")
	}
	return nil
}

// checkEmbeddings demands that some embedding is there.
func checkEmbeddings(root value) error {
	for item := range root.at("data").elements() {
		if !item.at("embedding").isNull() {
			return nil
		}
	}
	return errEmbeddings
}

// addChoice reads one choice.
func (r *Response) addChoice(choice value) error {
	if r.Endpoint == Chat {
		message := choice.at("message")
		if message.kind() != '{' {
			return errors.New("llm: a choice of the answer has no message")
		}
		calls := message.at("tool_calls").hasElements() || message.at("function_call").kind() == '{'
		r.ToolCalls = r.ToolCalls || calls
	} else if choice.at("text").kind() != '"' {
		return errors.New("llm: a choice of the answer has no text")
	}
	r.FinishReasons = append(r.FinishReasons, choice.at("finish_reason").text())
	return nil
}

// usageOf reads a usage object; ok is false if there is none.
func usageOf(usage value) (u Usage, ok bool) {
	u.Input, ok = countOf(usage.at("prompt_tokens"))
	u.Output, _ = countOf(usage.at("completion_tokens"))
	u.Cached, _ = countOf(usage.at("prompt_tokens_details").at("cached_tokens"))
	u.Written, _ = countOf(usage.at("prompt_tokens_details").at("cache_write_tokens"))
	return u, ok
}

// TextAnswer makes a whole answer of ep out of a text, which ended as it
// should, without usage or, where an answer must have one, with none used: what
// a caller who stores only a text gets replayed.
func TextAnswer(ep Endpoint, model, text, id string, created time.Time) ([]byte, error) {
	object, before, after := "", "", ""
	switch ep {
	case Responses:
		return textResponse(model, text, id, created)
	case Messages:
		return textMessage(model, text, id)
	case Chat:
		object = "chat.completion"
		before = `"message":{"role":"assistant","content":`
		after = `,"refusal":null}`
	case Completions:
		object = "text_completion"
		before = `"text":`
	default:
		return nil, fmt.Errorf("llm: an answer of %q is not a text", ep)
	}
	doc := appendQuoted([]byte(`{"id":`), id)
	doc = append(doc, `,"object":"`+object+`","created":`...)
	doc = strconv.AppendInt(doc, created.Unix(), 10)
	doc = appendQuoted(append(doc, `,"model":`...), model)
	doc = append(doc, `,"choices":[{"index":0,`+before...)
	doc, err := appendText(doc, text)
	if err != nil {
		return nil, err
	}
	return append(doc, after+`,"logprobs":null,"finish_reason":"stop"}]}`...), nil
}

// appendText appends the text of an answer as a JSON string.
func appendText(dst []byte, text string) ([]byte, error) {
	dst, err := jsontext.AppendQuote(dst, text)
	if err != nil {
		return nil, fmt.Errorf("llm: the text of an answer must be UTF-8: %w", err)
	}
	return dst, nil
}
