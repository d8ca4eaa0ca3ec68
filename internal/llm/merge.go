// Merging the pieces of an object that comes in deltas.

package llm

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// A rule says how the values that a member has in several deltas become one.
// Whatever the rule, null gives way to everything else.
type rule int

const (
	takeLast  rule = iota
	takeFirst      // that is not "", 0 or null
	join           // strings and arrays are appended, of the rest the last is taken
	joinOther      // as join, but the very same string again says nothing new
	once           // a second value cannot be merged
	nest           // an object is merged by rules of its own
	ignore
)

// rules give the rule of each member, and those of a nested object.
type rules func(name []byte) (rule, rules)

// maxMembers bounds what one object gathers, since its members are searched one
// by one.
const maxMembers = 1 << 10

// A merged object has the members of all deltas, in the order they came.
type merged struct {
	members []*mergedMember
}

// A mergedMember is what a member has become so far.
type mergedMember struct {
	name   string
	kind   byte    // as value.kind, and 0 before the first value
	text   []byte  // a string without its quotes, an array without its brackets, or any raw value
	nested *merged // an object merged by rules
}

// add merges another delta in. It returns false if a value cannot be merged.
func (o *merged) add(delta value, of rules) bool {
	for m := range delta.members() {
		name := m.name()
		how, below := of(name)
		if how == ignore {
			continue
		}
		if into := o.member(name); into == nil || !into.add(m.value(), how, below) {
			return false
		}
	}
	return true
}

// find is the member of that name, or nil.
func (o *merged) find(name string) *mergedMember {
	for _, m := range o.members {
		if m.name == name {
			return m
		}
	}
	return nil
}

// member is the member of that name, made if there is none; nil if there are
// too many.
func (o *merged) member(name []byte) *mergedMember {
	for _, m := range o.members {
		if m.name == string(name) {
			return m
		}
	}
	if len(o.members) >= maxMembers {
		return nil
	}
	m := &mergedMember{name: string(name)}
	o.members = append(o.members, m)
	return m
}

// add merges another value in.
func (m *mergedMember) add(v value, how rule, below rules) bool {
	blank := m.kind == 0 || m.kind == 'n'
	if v.isNull() && !blank {
		return true
	}
	switch {
	case how == once && !blank:
		return false
	case how == takeFirst && !m.isBlank():
		return true
	case how == nest && v.kind() == '{':
		if m.nested == nil {
			m.nested = &merged{}
		}
		m.kind = '{'
		return m.nested.add(v, below)
	case how == joinOther && m.kind == '"' && bytes.Equal(m.text, v.inner()):
		return true
	case (how == join || how == joinOther) && m.kind == v.kind() && m.append(v):
		return true
	}
	m.set(v)
	return true
}

// isBlank reports whether there is nothing yet that a first value would keep.
func (m *mergedMember) isBlank() bool {
	switch m.kind {
	case 0, 'n':
		return true
	case '"':
		return len(m.text) == 0
	case '0':
		return string(m.text) == "0"
	}
	return false
}

// append lengthens a string or an array; false for other kinds.
func (m *mergedMember) append(v value) bool {
	switch v.kind() {
	case '"':
		// The inside of strings can be joined without decoding it: escapes
		// and runes are whole on both sides, or the text was refused.
		m.text = append(m.text, v.inner()...)
		return true
	case '[':
		more := elementsOf(v)
		if len(m.text) > 0 && len(more) > 0 {
			m.text = append(m.text, ',')
		}
		m.text = append(m.text, more...)
		return true
	}
	return false
}

// set replaces what there was.
func (m *mergedMember) set(v value) {
	m.kind, m.nested = v.kind(), nil
	switch m.kind {
	case '"':
		m.text = append(m.text[:0], v.inner()...)
	case '[':
		m.text = append(m.text[:0], elementsOf(v)...)
	default:
		m.text = append(m.text[:0], v.raw()...)
	}
}

// elementsOf is an array without its brackets.
func elementsOf(array value) []byte {
	raw := array.raw()
	return bytes.TrimSpace(raw[1 : len(raw)-1])
}

// appendTo appends the object.
func (o *merged) appendTo(dst []byte) []byte {
	dst = append(dst, '{')
	for i, m := range o.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = m.appendTo(dst)
	}
	return append(dst, '}')
}

// appendTo appends name, colon and value.
func (m *mergedMember) appendTo(dst []byte) []byte {
	dst, _ = jsontext.AppendQuote(dst, m.name) // was valid UTF-8 when it was parsed
	return m.appendValue(append(dst, ':'))
}

func (m *mergedMember) appendValue(dst []byte) []byte {
	switch {
	case m.nested != nil:
		return m.nested.appendTo(dst)
	case m.kind == '"':
		return append(append(append(dst, '"'), m.text...), '"')
	case m.kind == '[':
		return append(append(append(dst, '['), m.text...), ']')
	}
	return append(dst, m.text...)
}
