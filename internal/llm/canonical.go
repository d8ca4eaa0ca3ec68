// The canonical document of a request, and the digests made of it.

package llm

import (
	"crypto/sha256"
	"slices"
)

// Digest is a SHA-256 sum.
type Digest [32]byte

// holeMark stands in the canonical document where the query text was. The byte is
// part of no UTF-8 text, so no text can look like it.
const holeMark = 0xFF

// keyVersion is the first part of every digest. Changing what a digest is made
// of means changing it.
const keyVersion = "askonce 1 "

// canonical writes the canonical document of a request:
//
//   - RFC 8785 (no white space, members sorted by UTF-16 code units, strings
//     minimally escaped), with numbers exact (see appendNumber);
//   - without the members of leftOut, and without nulls of nullIsAbsent;
//   - with the members of JSON Schemas in the order in which they were sent;
//   - without the marks of a prefix cache (see the branches of places);
//   - with a hole for each string of the query text;
//   - an embeddings input of one element written as that element.
type canonical struct {
	endpoint Endpoint
	out      sink
	holes    []hole // in the order of the document, which is that of the text
	sorted   []member
}

// newCanonical returns a canonical to be used again and again.
func newCanonical() canonical {
	return canonical{
		out:    sink{hash: sha256.New(), buf: make([]byte, 0, 2*sinkSize)},
		sorted: make([]member, 0, 32),
	}
}

// digests returns the key and, if there are holes, the scope.
//
// The scope is SHA-256 of version, "scope ", endpoint, a zero byte and the
// document. The key is SHA-256 of version, "key ", endpoint, a zero byte, the
// scope's digest and each hole's text after its length. So a body is hashed
// once, whatever its size, and the key still pins all of it.
func (c *canonical) digests(ep Endpoint, root value, holes []hole) (key, scope Digest) {
	c.endpoint, c.holes, c.sorted = ep, holes, c.sorted[:0]
	c.out.head("scope ", ep)
	c.root(root)
	scope = c.out.sum()

	c.out.head("key ", ep)
	c.out.bytes(scope[:])
	for _, h := range holes {
		c.out.counted(h.content)
	}
	key = c.out.sum()
	if len(holes) == 0 {
		scope = Digest{}
	}
	return key, scope
}

// root writes the document's outermost object.
func (c *canonical) root(root value) {
	c.out.byte('{')
	first := true
	members := c.sort(root)
	for _, m := range c.sorted[members:] {
		name := m.name()
		if c.skips(name, m.value()) {
			continue
		}
		if !first {
			c.out.byte(',')
		}
		first = false
		c.name(m)
		if c.endpoint == Embeddings && string(name) == requiredMember(Embeddings) {
			c.value(soleInput(m.value()), nil)
			continue
		}
		c.value(m.value(), follow(places[c.endpoint], name))
	}
	c.sorted = c.sorted[:members]
	c.out.byte('}')
}

// skips reports whether a member of the outermost object is left out.
func (c *canonical) skips(name []byte, v value) bool {
	if _, out := leftOut[c.endpoint][string(name)]; out {
		return true
	}
	return v.isNull() && nullIsAbsent[c.endpoint][string(name)]
}

// value writes any value below the outermost object. at is the branch that
// leads to it, if there is one.
func (c *canonical) value(v value, at *branch) {
	if len(c.holes) > 0 && v.node != noNode && v.node == c.holes[0].node {
		c.out.byte(holeMark)
		c.holes = c.holes[1:]
		return
	}
	switch {
	case at.is(schema):
		c.schema(v)
	case v.kind() == '{':
		c.object(v, at)
	case v.kind() == '[':
		c.array(v, at.next([]byte{'*'}))
	default:
		c.scalar(v)
	}
}

// object writes an object with its members sorted.
func (c *canonical) object(v value, at *branch) {
	c.out.byte('{')
	begin := c.sort(v)
	first := true
	for i := begin; i < len(c.sorted); i++ {
		m := c.sorted[i]
		if at.is(marked) && m.is(cacheMark) {
			continue
		}
		if !first {
			c.out.byte(',')
		}
		first = false
		c.name(m)
		c.value(m.value(), at.next(m.name()))
	}
	c.sorted = c.sorted[:begin]
	c.out.byte('}')
}

// array writes an array, to whose elements the branch of leads.
func (c *canonical) array(v value, of *branch) {
	c.out.byte('[')
	first := true
	for e := range v.elements() {
		if !first {
			c.out.byte(',')
		}
		first = false
		c.value(e, of)
	}
	c.out.byte(']')
}

// schema writes a value with all members in the order of the text.
func (c *canonical) schema(v value) {
	switch v.kind() {
	case '{':
		c.out.byte('{')
		first := true
		for m := range v.members() {
			if !first {
				c.out.byte(',')
			}
			first = false
			c.name(m)
			c.schema(m.value())
		}
		c.out.byte('}')
	case '[':
		c.out.byte('[')
		first := true
		for e := range v.elements() {
			if !first {
				c.out.byte(',')
			}
			first = false
			c.schema(e)
		}
		c.out.byte(']')
	default:
		c.scalar(v)
	}
}

// name writes a member's name and the colon.
func (c *canonical) name(m member) {
	c.out.quoted(m.quoted())
	c.out.byte(':')
}

// scalar writes a string, a number, a truth value or null.
func (c *canonical) scalar(v value) {
	switch v.kind() {
	case '"':
		c.out.quoted(v.raw())
	case '0':
		c.out.number(v.raw())
	default:
		c.out.bytes(v.raw())
	}
}

// sort pushes the members of an object onto c.sorted, in canonical order, and
// returns where they begin. The caller cuts c.sorted back to there.
func (c *canonical) sort(v value) (first int) {
	first = len(c.sorted)
	for m := range v.members() {
		c.sorted = append(c.sorted, m)
	}
	slices.SortFunc(c.sorted[first:], func(a, b member) int { return compareUTF16(a.name(), b.name()) })
	return first
}
