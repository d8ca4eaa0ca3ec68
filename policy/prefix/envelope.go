// Members in a stable order: those of the request, of its messages and of its
// tools, which no provider reads an order out of. Schemas, arguments and
// contents are left alone: their order steers the answer.

package prefix

import (
	"slices"
	"strconv"
	"strings"
)

// first are the members that come first, in this order: what a provider puts
// at the beginning of the prompt, and what tells a list's elements apart.
var first = []string{"model", "type", "role", "id", "name", "tools", "tool_choice", "system", "instructions"}

// last are the members that come last, in this order: what grows with a
// conversation.
var last = []string{"content", "messages", "input", "prompt"}

// members orders the members of the request, its tools and its messages.
func (w *writer) members() {
	if w.opts.Lossless != On && w.opts.Lossless != Observe {
		return
	}
	if !sortedMembers(w.root) && w.note(w.opts.Lossless, Move{Kind: Members, Place: "request", Reason: "order"}) {
		sortMembers(w.root)
	}
	for _, name := range []string{"tools", "messages", "input"} {
		if e := w.list(name); e != nil {
			w.elements(e, name)
		}
	}
}

// elements orders the members of each element of a list.
func (w *writer) elements(e *elements, name string) {
	for i := range e.raw {
		o := e.object(i)
		if o == nil {
			continue
		}
		place := name + "[" + strconv.Itoa(i) + "]"
		moved := w.element(o, place)
		if f := o.member("function"); name == "tools" && f != nil {
			if inner := parseObject(f.raw); inner != nil && w.element(inner, place+".function") {
				f.raw, moved = inner.json(), true
			}
		}
		if moved {
			e.touch(i)
		}
	}
}

func (w *writer) element(o *object, place string) bool {
	if sortedMembers(o) || !w.note(w.opts.Lossless, Move{Kind: Members, Place: place, Reason: "order"}) {
		return false
	}
	sortMembers(o)
	return true
}

func sortedMembers(o *object) bool { return slices.IsSortedFunc(o.members, compareMembers) }
func sortMembers(o *object)        { slices.SortStableFunc(o.members, compareMembers) }

// compareMembers puts first ones first, last ones last, and the others in the
// order of their names between them.
func compareMembers(a, b member) int {
	if by := rank(a.name) - rank(b.name); by != 0 {
		return by
	}
	return strings.Compare(a.name, b.name)
}

func rank(name string) int {
	if i := slices.Index(first, name); i >= 0 {
		return i - len(first)
	}
	return slices.Index(last, name) + 1
}
