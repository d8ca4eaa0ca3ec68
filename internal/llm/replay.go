// The replay: one stored answer becomes the stream that it was, or would have
// been.

package llm

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// AppendStream appends to dst the server-sent events that answer, a complete
// document of ep, replays as: the same ids, roles, contents, tool calls,
// finish reasons, and the terminal event. Chats and completions have usage only
// if includeUsage; the other streams always have it.
func AppendStream(dst []byte, ep Endpoint, answer []byte, includeUsage bool) ([]byte, error) {
	doc := borrowTape(0)
	defer doc.release()
	if err := parseFlat(doc, answer); err != nil {
		return dst, fmt.Errorf("llm: replay: %w", err)
	}
	root := doc.root()
	if err := replayable(ep, root); err != nil {
		return dst, err
	}
	switch ep {
	case Responses:
		return appendResponseStream(dst, root), nil
	case Messages:
		return appendMessageStream(dst, root), nil
	}
	return appendChunks(dst, ep, root, includeUsage), nil
}

// parseFlat reads answer into doc without line breaks, which would end the
// line of an event.
func parseFlat(doc *tape, answer []byte) error {
	if bytes.ContainsAny(answer, "\r\n") {
		compact := jsontext.Value(bytes.Clone(answer))
		if err := compact.Compact(); err != nil {
			return syntaxError(answer, err)
		}
		answer = compact
	}
	return doc.parse(answer)
}

// replayable checks that an answer has what a stream is made of.
func replayable(ep Endpoint, root value) error {
	switch ep {
	case Chat, Completions:
		return replayableChoices(ep, root)
	case Responses:
		return replayableResponse(root)
	case Messages:
		return replayableMessage(root)
	}
	return fmt.Errorf("llm: the endpoint %q has no streams", ep)
}

// appendChunks replays a chat or a completion.
func appendChunks(dst []byte, ep Endpoint, root value, includeUsage bool) []byte {
	r := newReplay(dst, ep, root, includeUsage)
	i := 0
	for c := range root.at("choices").elements() {
		index := i
		if n, ok := countOf(c.at("index")); ok {
			index = int(n)
		}
		if ep == Chat {
			r.chatChoice(index, c)
		} else {
			r.textChoice(index, c)
		}
		i++
	}
	if usage := root.at("usage"); includeUsage && !usage.isNull() {
		r.open()
		r.add(`,"choices":[],"usage":`)
		r.dst = append(r.dst, usage.raw()...)
		r.add("}\n\n")
	}
	r.add("data: [DONE]\n\n")
	return r.dst
}

// replayableChoices checks the choices of a chat or a completion.
func replayableChoices(ep Endpoint, root value) error {
	choices := root.at("choices")
	if !choices.hasElements() {
		return errors.New("llm: replay: the answer has no choices")
	}
	for c := range choices.elements() {
		if ep == Chat && c.at("message").kind() != '{' {
			return errors.New("llm: replay: a choice of the answer has no message")
		}
		if ep == Completions && c.at("text").kind() != '"' {
			return errors.New("llm: replay: a choice of the answer has no text")
		}
	}
	return nil
}

// A replay writes the chunks of one answer.
type replay struct {
	dst   []byte
	head  []byte // what all chunks begin with: id, object, created, model, ...
	extra []byte // the answer's other members, for the first chunk
	tail  string // what the chunks with choices end with
}

// newReplay gathers what is the same in all chunks.
func newReplay(dst []byte, ep Endpoint, root value, includeUsage bool) *replay {
	r := &replay{dst: dst, tail: "}\n\n"}
	if includeUsage {
		r.tail = ",\"usage\":null}\n\n"
	}
	object := "chat.completion.chunk"
	if ep == Completions {
		object = "text_completion"
	}
	r.head = append(r.head, `data: {`...)
	if id := root.at("id"); !id.isNull() {
		r.head = append(append(append(r.head, `"id":`...), id.raw()...), ',')
	}
	r.head = append(r.head, `"object":"`+object+`"`...)
	for m := range root.members() {
		switch string(m.name()) {
		case "id", "object", "choices", "usage":
		case "created", "model", "service_tier", "system_fingerprint":
			r.head = appendNamed(r.head, m)
		default:
			r.extra = appendNamed(r.extra, m)
		}
	}
	return r
}

// appendNamed appends a comma, the member's name and its value.
func appendNamed(dst []byte, m member) []byte {
	dst = append(append(append(dst, ','), m.quoted()...), ':')
	return append(dst, m.value().raw()...)
}

func (r *replay) add(s string) { r.dst = append(r.dst, s...) }

// open begins a chunk.
func (r *replay) open() {
	r.dst = append(append(r.dst, r.head...), r.extra...)
	r.extra = nil
}

// openChoice begins a chunk with one choice.
func (r *replay) openChoice(index int) {
	r.open()
	r.add(`,"choices":[{"index":`)
	r.dst = strconv.AppendInt(r.dst, int64(index), 10)
}

// closeChoice ends it. logprobs is left out if absent.
func (r *replay) closeChoice(logprobs, finishReason value) {
	if logprobs.kind() != 0 {
		r.add(`,"logprobs":`)
		r.dst = append(r.dst, logprobs.raw()...)
	}
	r.add(`,"finish_reason":`)
	if finishReason.kind() == 0 {
		r.add(`null`)
	} else {
		r.dst = append(r.dst, finishReason.raw()...)
	}
	r.add(`}]`)
	r.add(r.tail)
}

// A logprobsOnce gives a choice's log probabilities to one chunk, and null to
// the others: whoever appends them to each other must see them once.
type logprobsOnce struct {
	all, none value
}

// newLogprobs reads those of a choice.
func newLogprobs(choice value) *logprobsOnce {
	all := choice.at("logprobs")
	if all.kind() == 0 {
		return &logprobsOnce{}
	}
	return &logprobsOnce{all: all, none: nullValue()}
}

// take is the log probabilities the first time, then null.
func (l *logprobsOnce) take() value {
	all := l.all
	l.all = l.none
	return all
}

// nullValue is a null that is part of no answer.
func nullValue() value {
	return value{tape: &tape{src: []byte("null")}, node: noNode, start: 0, end: 4}
}

// textChoice replays a choice of a completion.
func (r *replay) textChoice(index int, c value) {
	logprobs := newLogprobs(c)
	if text := c.at("text").inner(); len(text) > 0 {
		for piece := range pieces(text) {
			r.openChoice(index)
			r.addText(`,"text":"`, piece)
			r.closeChoice(logprobs.take(), value{})
		}
	}
	r.openChoice(index)
	r.add(`,"text":""`)
	r.otherMembers(c, "text")
	r.closeChoice(logprobs.take(), c.at("finish_reason"))
}

// addText adds what opens a string, its inside and the quote that closes it.
func (r *replay) addText(open string, inner []byte) {
	r.add(open)
	r.dst = append(append(r.dst, inner...), '"')
}

// otherMembers adds the choice's members that have no place of their own.
func (r *replay) otherMembers(c value, content string) {
	for m := range c.members() {
		switch string(m.name()) {
		case "index", "logprobs", "finish_reason", content:
		default:
			r.dst = appendNamed(r.dst, m)
		}
	}
}
