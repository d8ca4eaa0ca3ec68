// The tape: an index over a JSON text, made while its syntax is checked.

package llm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// maxDepth bounds how deep a text may be nested. Requests reach about 20
	// with deep schemas; what walks the tape may recurse this far.
	maxDepth = 512

	// maxRequestNodes bounds the tape of a request, whose smallest members
	// take six bytes and a node each.
	maxRequestNodes = 1 << 20
)

// A tape lists the root, every object member and every array or object that
// is an array's element, in the order of the text, each with the place of what
// follows it. Scalars in arrays are left out: there can be millions of them,
// and whoever walks an array finds them in the text.
//
// The text is kept, not copied. A tape may be parsed into again and again.
type tape struct {
	src      []byte
	nodes    []node
	maxNodes int // 0: any number

	decoder *jsontext.Decoder
	input   bytes.Buffer
	open    []uint32 // the nodes not yet ended, outermost first
}

// A node is one value; offsets are into the text.
type node struct {
	name, nameEnd uint32 // the member's name with its quotes; equal when there is none
	start, end    uint32
	next          uint32 // index of the node after this one's descendants
	nameEscaped   bool
}

// parse checks src as strict JSON and indexes it. The error is a *RequestError.
func (t *tape) parse(src []byte) error {
	if uint64(len(src)) > math.MaxUint32 {
		return &RequestError{Message: "the body is larger than 4 GiB; send a smaller one"}
	}
	t.reset(src)
	var at uint32 // end of the token before
	var name node // the name whose value comes next, if nameEnd is not 0
	for {
		token, err := t.decoder.ReadToken()
		if errors.Is(err, io.EOF) && len(t.nodes) > 0 && len(t.open) == 0 {
			return nil
		}
		if err != nil {
			return syntaxError(src, err)
		}
		start := afterSeparators(src, at)
		at = uint32(t.decoder.InputOffset())
		kind := token.Kind()
		if t.atName(kind) && name.nameEnd == 0 {
			name = node{name: start, nameEnd: at, nameEscaped: bytes.IndexByte(src[start:at], '\\') >= 0}
			continue
		}
		name.start, name.end = start, at
		if err := t.add(kind, name); err != nil {
			return err
		}
		name = node{}
	}
}

// tapes spares the hot path the tables that a decoder builds up. Nothing read
// from a tape may be kept after its release, but for copies.
var tapes = sync.Pool{New: func() any { return new(tape) }}

// borrowTape is an empty tape that takes so many nodes at most (0: any number).
func borrowTape(maxNodes int) *tape {
	t := tapes.Get().(*tape)
	t.maxNodes = maxNodes
	return t
}

// release gives a borrowed tape back.
func (t *tape) release() {
	if t.forget() {
		tapes.Put(t)
	}
}

// maxPooledNodes keeps the tapes of unusually large texts out of pools.
const maxPooledNodes = 1 << 12

// forget lets go of the text. It returns false if the tape is too large to be
// kept for another one.
func (t *tape) forget() bool {
	if cap(t.nodes) > maxPooledNodes {
		return false
	}
	t.reset(nil)
	return true
}

// reset points the decoder at src.
func (t *tape) reset(src []byte) {
	t.src, t.nodes, t.open = src, t.nodes[:0], t.open[:0]
	if t.nodes == nil {
		t.nodes = make([]node, 0, 64)
	}
	t.input = *bytes.NewBuffer(src[:len(src):len(src)])
	if t.decoder == nil {
		t.decoder = jsontext.NewDecoder(&t.input)
		return
	}
	t.decoder.Reset(&t.input)
}

// atName reports whether a string in this place is a name or a member's value.
func (t *tape) atName(kind jsontext.Kind) bool {
	return kind == '"' && len(t.open) > 0 && t.src[t.nodes[t.open[len(t.open)-1]].start] == '{'
}

// add notes one token that is not a name.
func (t *tape) add(kind jsontext.Kind, n node) error {
	if kind == '}' || kind == ']' {
		t.close(n.end)
		return nil
	}
	if len(t.open) == 0 && len(t.nodes) > 0 {
		return &RequestError{Message: fmt.Sprintf("there is more after the JSON value at byte %d; send one JSON object", n.start)}
	}
	container := kind == '{' || kind == '['
	if n.nameEnd == 0 && !container && len(t.open) > 0 {
		return nil // a scalar in an array
	}
	if t.maxNodes > 0 && len(t.nodes) >= t.maxNodes {
		return &RequestError{Message: fmt.Sprintf("the body has more than %d members and nested values; send a simpler one", t.maxNodes)}
	}
	n.next = uint32(len(t.nodes) + 1)
	t.nodes = append(t.nodes, n)
	if !container {
		return nil
	}
	if len(t.open) >= maxDepth {
		return &RequestError{Message: fmt.Sprintf("the body is nested deeper than %d levels; flatten it", maxDepth)}
	}
	t.open = append(t.open, uint32(len(t.nodes)-1))
	return nil
}

// close ends the innermost open node.
func (t *tape) close(end uint32) {
	last := len(t.open) - 1
	n := &t.nodes[t.open[last]]
	n.end, n.next = end, uint32(len(t.nodes))
	t.open = t.open[:last]
}

// root is the whole value.
func (t *tape) root() value { return t.at(0) }

// at is the value of the i-th node.
func (t *tape) at(i uint32) value {
	return value{tape: t, node: int(i), start: t.nodes[i].start, end: t.nodes[i].end}
}

// nameOf is the member name of n, unescaped.
func (t *tape) nameOf(n node) []byte {
	quoted := t.src[n.name:n.nameEnd]
	if !n.nameEscaped {
		return quoted[1 : len(quoted)-1]
	}
	return unquote(quoted)
}

// afterSeparators is the offset of the first byte from at that is neither
// white space nor a comma nor a colon.
func afterSeparators(src []byte, at uint32) uint32 {
	for int(at) < len(src) {
		switch src[at] {
		case ' ', '\t', '\n', '\r', ',', ':':
			at++
		default:
			return at
		}
	}
	return at
}
