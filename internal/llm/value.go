// Values of a tape: reading members, elements and strings.

package llm

import (
	"bytes"
	"iter"
)

// noNode is the node of a scalar in an array, and of the absent value.
const noNode = -1

// A value is one JSON value of a tape. The zero value is absent.
type value struct {
	tape       *tape
	node       int
	start, end uint32
}

// kind is the first byte of the value, with '0' for all numbers and 0 for the
// absent value.
func (v value) kind() byte {
	if v.tape == nil {
		return 0
	}
	c := v.tape.src[v.start]
	if c == '-' || (c >= '0' && c <= '9') {
		return '0'
	}
	return c
}

// raw is the value as it stands in the text.
func (v value) raw() []byte {
	if v.tape == nil {
		return nil
	}
	return v.tape.src[v.start:v.end]
}

// isNull reports whether the value is absent or null.
func (v value) isNull() bool { return v.kind() == 0 || v.kind() == 'n' }

// text is the unescaped string; "" for anything but a string.
func (v value) text() string {
	if v.kind() != '"' {
		return ""
	}
	raw := v.raw()
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	return string(unquote(raw))
}

// inner is what stands between a string's quotes, escapes and all; nil for
// anything but a string.
func (v value) inner() []byte {
	if v.kind() != '"' {
		return nil
	}
	return v.tape.src[v.start+1 : v.end-1]
}

// get is the member of that name; ok is false if there is none.
func (v value) get(name string) (member value, ok bool) {
	for m := range v.members() {
		if m.is(name) {
			return m.value(), true
		}
	}
	return value{}, false
}

// at is the member of that name, or the absent value.
func (v value) at(name string) value {
	member, _ := v.get(name)
	return member
}

// A member is a name and its value.
type member struct {
	tape *tape
	node uint32
}

// is reports whether the member has that name.
func (m member) is(name string) bool {
	n := &m.tape.nodes[m.node]
	if n.nameEscaped {
		return string(m.tape.nameOf(*n)) == name
	}
	return string(m.tape.src[n.name+1:n.nameEnd-1]) == name
}

// name is the unescaped name.
func (m member) name() []byte { return m.tape.nameOf(m.tape.nodes[m.node]) }

// quoted is the name as it stands in the text, with its quotes.
func (m member) quoted() []byte {
	n := &m.tape.nodes[m.node]
	return m.tape.src[n.name:n.nameEnd]
}

func (m member) value() value { return m.tape.at(m.node) }

// members are those of an object, in the order of the text; none for anything
// but an object.
func (v value) members() iter.Seq[member] {
	return func(yield func(member) bool) {
		if v.kind() != '{' {
			return
		}
		nodes := v.tape.nodes
		for i := uint32(v.node) + 1; i < nodes[v.node].next; i = nodes[i].next {
			if !yield(member{v.tape, i}) {
				return
			}
		}
	}
}

// elements are those of an array, in order; none for anything but an array.
func (v value) elements() iter.Seq[value] {
	return func(yield func(value) bool) {
		if v.kind() != '[' {
			return
		}
		child := uint32(v.node) + 1
		for at := afterSeparators(v.tape.src, v.start+1); v.tape.src[at] != ']'; {
			var e value
			switch v.tape.src[at] {
			case '{', '[':
				e = v.tape.at(child)
				child = v.tape.nodes[child].next
			default:
				e = value{v.tape, noNode, at, scalarEnd(v.tape.src, at)}
			}
			if !yield(e) {
				return
			}
			at = afterSeparators(v.tape.src, e.end)
		}
	}
}

// opening is the first byte of an array's first element or of an object's first
// name, the closing bracket if there is none, and 0 for other kinds.
func (v value) opening() byte {
	if k := v.kind(); k != '[' && k != '{' {
		return 0
	}
	return v.tape.src[afterSeparators(v.tape.src, v.start+1)]
}

// hasElements reports whether v is an array that is not empty.
func (v value) hasElements() bool { return v.kind() == '[' && v.opening() != ']' }

// last is the last element of an array, and how many there are.
func (v value) last() (last value, n int) {
	for e := range v.elements() {
		last = e
		n++
	}
	return last, n
}

// scalarEnd is the end of the scalar that starts at at, in a checked text.
func scalarEnd(src []byte, at uint32) uint32 {
	if src[at] == '"' {
		return stringEnd(src, at)
	}
	for ; int(at) < len(src); at++ {
		switch src[at] {
		case ' ', '\t', '\n', '\r', ',', ']', '}':
			return at
		}
	}
	return at
}

// stringEnd is the end of the string that starts at at, in a checked text.
func stringEnd(src []byte, at uint32) uint32 {
	for i := at + 1; ; {
		i += uint32(bytes.IndexByte(src[i:], '"'))
		escapes := i
		for src[escapes-1] == '\\' {
			escapes--
		}
		i++
		if (i-1-escapes)%2 == 0 {
			return i
		}
	}
}
