// Tools in a stable order. Agents build their list of tools out of maps and
// plugins, so that it comes in another order with every call, and it stands
// before all else in the prompt.

package prefix

import (
	"cmp"
	"slices"
)

// tools sorts the request's tools by name.
func (w *writer) tools() {
	if w.opts.Lossless != On && w.opts.Lossless != Observe {
		return
	}
	e := w.list("tools")
	if e == nil {
		return
	}
	sorted, ok := sortTools(e)
	if ok && w.note(w.opts.Lossless, Move{Kind: Tools, Place: "tools", Reason: "order"}) {
		e.reorder(sorted)
	}
}

// A tool is one element of the list and what it is sorted by.
type tool struct {
	raw, name string
	marked    bool
}

// sortTools sorts the tools between two that hold a cache_control mark. It
// reports false if that changes nothing, or if one is no tool that it knows.
func sortTools(e *elements) ([]string, bool) {
	e.settle()
	tools := make([]tool, len(e.raw))
	for i := range e.raw {
		o := e.object(i)
		if o == nil {
			return nil, false
		}
		tools[i] = tool{raw: e.raw[i], name: toolName(o), marked: o.member("cache_control") != nil}
	}
	start := 0
	for i := range tools {
		if tools[i].marked {
			sortByName(tools[start:i])
			start = i + 1
		}
	}
	sortByName(tools[start:])
	changed := false
	sorted := make([]string, len(tools))
	for i := range tools {
		sorted[i] = tools[i].raw
		changed = changed || sorted[i] != e.raw[i]
	}
	return sorted, changed
}

// sortByName sorts tools by name, and those without or of one name by their
// text.
func sortByName(tools []tool) {
	slices.SortStableFunc(tools, func(a, b tool) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.raw, b.raw))
	})
}

// toolName is a tool's name, or the type of one that the provider has built in.
func toolName(o *object) string {
	if f := o.member("function"); f != nil {
		return parseObject(f.raw).text("name")
	}
	return cmp.Or(o.text("name"), o.text("server_label"), o.text("type"))
}
