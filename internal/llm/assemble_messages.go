// What the events of an Anthropic message add up to.

package llm

import (
	"errors"
	"fmt"
)

// messageEvents are what the events so far of a message make.
type messageEvents struct {
	top    merged // the message's own members, all but content
	blocks []*block
	begun  bool
	ended  bool // its last block and its stop reason have come
}

// A block is what the events so far say of one block of the content.
type block struct {
	merged
	input   []byte // pieces of a tool call's input, which is JSON when it is whole
	stopped bool
}

// ends reports whether the event is message_stop.
func (a *messageEvents) ends(event value) bool { return event.at("type").text() == "message_stop" }

// add merges one event in. Those that are unknown say nothing that belongs to
// the message, by Anthropic's rules for clients.
func (a *messageEvents) add(event value) error {
	kind := event.at("type").text()
	switch kind {
	case "error":
		return errors.New("is an error event")
	case "ping":
		return nil
	case "message_start":
		return a.start(event.at("message"))
	case "":
		return errors.New("has no type")
	}
	if !a.begun {
		return errors.New("comes before the message's start")
	}
	switch kind {
	case "content_block_start":
		return a.startBlock(event)
	case "content_block_delta":
		return a.delta(event)
	case "content_block_stop":
		return a.stopBlock(event)
	case "message_delta":
		return a.messageDelta(event)
	case "message_stop":
		a.ended = true
	}
	return nil
}

// start takes the message as it is before its content.
func (a *messageEvents) start(message value) error {
	switch {
	case a.begun:
		return errors.New("starts a second message")
	case message.kind() != '{' || message.at("content").hasElements():
		return errors.New("starts no empty message")
	case !a.top.add(message, messageRules):
		return errors.New("has too many members")
	}
	a.begun = true
	return nil
}

// messageRules are those of a message's own members. Counts of tokens are
// totals, so that the last one said is the one that holds.
func messageRules(name []byte) (rule, rules) {
	if string(name) == "usage" {
		return nest, lastRules
	}
	return takeLast, nil
}

// lastRules take the last of every member.
func lastRules([]byte) (rule, rules) { return takeLast, nil }

// deltaEventRules are those of a message_delta's own members: beside delta,
// they are members of the message.
func deltaEventRules(name []byte) (rule, rules) {
	switch string(name) {
	case "type", "delta", "content":
		return ignore, nil
	}
	return messageRules(name)
}

// messageDelta takes how the message ended, and what it used.
func (a *messageEvents) messageDelta(event value) error {
	delta := event.at("delta")
	if delta.kind() != '{' || !delta.at("content").isNull() {
		return errors.New("has a delta that cannot be merged")
	}
	if !a.top.add(event, deltaEventRules) || !a.top.add(delta, messageRules) {
		return errors.New("has too many members")
	}
	return nil
}

// startBlock begins the next block.
func (a *messageEvents) startBlock(event value) error {
	n, err := indexOf(event.at("index"))
	content := event.at("content_block")
	switch {
	case err != nil:
		return err
	case n != len(a.blocks):
		return errors.New("starts a block out of turn")
	case content.kind() != '{':
		return errors.New("has a block that is not an object")
	}
	b := &block{}
	if !b.add(content, lastRules) {
		return errors.New("has a block with too many members")
	}
	a.blocks = append(a.blocks, b)
	return nil
}

// open is the block that an event is about, which must not have stopped.
func (a *messageEvents) open(event value) (*block, error) {
	n, err := indexOf(event.at("index"))
	if err != nil {
		return nil, err
	}
	if n >= len(a.blocks) || a.blocks[n].stopped {
		return nil, errors.New("is about a block that is not open")
	}
	return a.blocks[n], nil
}

// delta lengthens a block.
func (a *messageEvents) delta(event value) error {
	b, err := a.open(event)
	if err != nil {
		return err
	}
	delta := event.at("delta")
	merged := false
	switch delta.at("type").text() {
	case "text_delta":
		merged = b.grow("text", delta.at("text"))
	case "thinking_delta":
		merged = b.grow("thinking", delta.at("thinking"))
	case "signature_delta":
		merged = b.put("signature", delta.at("signature"))
	case "citations_delta":
		merged = b.cite(delta.at("citation"))
	case "input_json_delta":
		piece := delta.at("partial_json")
		merged = piece.kind() == '"'
		b.input = append(b.input, piece.text()...)
	}
	if !merged {
		return errors.New("has a delta that cannot be merged")
	}
	return nil
}

// grow appends to a text of the block.
func (b *block) grow(name string, text value) bool {
	m := b.member([]byte(name))
	return m != nil && text.kind() == '"' && m.add(text, join, nil)
}

// put sets a text of the block.
func (b *block) put(name string, text value) bool {
	m := b.member([]byte(name))
	return m != nil && text.kind() == '"' && m.add(text, takeLast, nil)
}

// cite appends to the citations of the block.
func (b *block) cite(citation value) bool {
	m := b.member([]byte("citations"))
	if m == nil || citation.kind() != '{' {
		return false
	}
	if m.kind != '[' {
		m.kind, m.nested, m.text = '[', nil, m.text[:0]
	}
	if len(m.text) > 0 {
		m.text = append(m.text, ',')
	}
	m.text = append(m.text, citation.raw()...)
	return true
}

// stopBlock ends a block.
func (a *messageEvents) stopBlock(event value) error {
	b, err := a.open(event)
	if err != nil {
		return err
	}
	b.stopped = true
	if len(b.input) == 0 {
		return nil
	}
	if CheckJSON(b.input) != nil {
		return errors.New("ends a tool call whose input is not JSON")
	}
	m := b.member([]byte("input"))
	if m == nil {
		return errors.New("ends a block with too many members")
	}
	// A raw value, whatever it is: it is written as it came.
	m.kind, m.nested, m.text = '{', nil, b.input
	return nil
}

// document writes the message, with its content where the start had it.
func (a *messageEvents) document() ([]byte, error) {
	reason := a.top.find("stop_reason")
	if !a.ended || reason == nil || reason.kind != '"' {
		return nil, errors.New("llm: the stream has no stop reason")
	}
	for i, b := range a.blocks {
		if !b.stopped {
			return nil, fmt.Errorf("llm: block %d of the stream has no end", i)
		}
	}
	dst := []byte{'{'}
	written := false
	for _, m := range a.top.members {
		if m.name == "content" {
			dst, written = a.appendContent(dst), true
		} else {
			dst = m.appendTo(dst)
		}
		dst = append(dst, ',')
	}
	if !written {
		dst = append(a.appendContent(dst), ',')
	}
	dst[len(dst)-1] = '}'
	return dst, nil
}

// appendContent appends the member that holds the blocks.
func (a *messageEvents) appendContent(dst []byte) []byte {
	dst = append(dst, `"content":[`...)
	for i, b := range a.blocks {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = b.appendTo(dst)
	}
	return append(dst, ']')
}
