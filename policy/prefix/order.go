// The rewrite of one body: its steps in their order.

package prefix

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Mode says what becomes of a possible move.
type Mode string

// The modes.
const (
	Off     Mode = "off"     // not looked for
	Observe Mode = "observe" // reported, not made
	On      Mode = "on"      // made
)

// Options say what a rewrite may do. The zero value leaves all as it is.
type Options struct {
	Lossless Mode // the order of members and tools
	Text     Mode // moves of text inside a message

	// Learned is what was seen before of the place that a text has in its
	// request. Nil: nothing.
	Learned func(place string) Seen
}

// Kind is what a move moves.
type Kind string

// The kinds of moves.
const (
	Members   Kind = "members"   // of an object whose members have no order
	Tools     Kind = "tools"     // the list of tools
	Volatile  Kind = "volatile"  // text of this request behind text of all requests
	Documents Kind = "documents" // documents before the question
)

// Kinds are all kinds, in the order in which they are told.
var Kinds = []Kind{Members, Tools, Volatile, Documents}

// Move is one move that was made, or why it was not.
type Move struct {
	Kind   Kind
	Place  string // such as "tools" or "messages[0].content"
	Reason string // what was seen: "clock_time", "learned"
	Held   string // why it was not made: "observe", "mid_sentence"; "" if it was
	Text   string // what moved, for an explanation; never logged
}

// Result is what came of a rewrite.
type Result struct {
	// Body is the new body, or the one that came if nothing was moved. It is
	// never changed in place.
	Body  []byte
	Moves []Move

	// Discarded is why a rewrite was thrown away, "" if none was.
	Discarded string
}

// Made is how many moves were made.
func (r *Result) Made() int {
	n := 0
	for i := range r.Moves {
		if r.Moves[i].Held == "" {
			n++
		}
	}
	return n
}

// Order orders body, which must be one valid JSON object without duplicate
// names, as a parsed request is. It takes time linear in the body, apart from
// sorting tools.
func Order(body []byte, opts Options) Result {
	before := string(body)
	w := &writer{opts: opts, root: parseObject(before)}
	if w.root == nil {
		return Result{Body: body}
	}
	w.members()
	w.tools()
	w.texts()
	result := Result{Body: body, Moves: w.moves}
	if result.Made() == 0 {
		return result
	}
	w.finish()
	after := w.root.json()
	if why := check(before, after); why != "" {
		return Result{Body: body, Discarded: why}
	}
	result.Body = []byte(after)
	return result
}

// A writer is one rewrite under way.
type writer struct {
	opts  Options
	root  *object
	lists map[string]*elements
	moves []Move
}

// list is the elements of a member, nil if it has none.
func (w *writer) list(name string) *elements {
	if e, known := w.lists[name]; known {
		return e
	}
	var e *elements
	if m := w.root.member(name); m != nil {
		e = elementsOf(m.raw)
	}
	if w.lists == nil {
		w.lists = make(map[string]*elements, 3)
	}
	w.lists[name] = e
	return e
}

// finish puts the lists that were changed back into the body.
func (w *writer) finish() {
	for name, e := range w.lists {
		if e != nil && e.changed {
			w.root.member(name).raw = e.json()
		}
	}
}

// A slot is where a text stands.
type slot struct {
	place  string
	learns bool // its lines are judged by what was seen before
	asks   bool // it is the user's
}

// note reports a move; it reports whether to make it.
func (w *writer) note(mode Mode, m Move) bool {
	if mode == Observe && m.Held == "" {
		m.Held = string(Observe)
	}
	w.moves = append(w.moves, m)
	return m.Held == ""
}

// texts moves what is volatile in each message that instructs or asks. A bare
// prompt is left alone: the answer continues its end.
func (w *writer) texts() {
	if w.opts.Text != On && w.opts.Text != Observe {
		return
	}
	for _, name := range []string{"system", "instructions"} {
		if m := w.root.member(name); m != nil {
			w.content(&m.raw, slot{place: name, learns: true})
		}
	}
	for _, name := range []string{"messages", "input"} {
		if e := w.list(name); e != nil {
			w.turns(e, name)
		} else if m := w.root.member(name); m != nil && isString(m.raw) { // input of the responses API
			w.content(&m.raw, slot{place: name, learns: true, asks: true})
		}
	}
}

// turns goes through the turns of a conversation. Those that lead it, and a
// first one of the user's, are judged by what was learned as well.
func (w *writer) turns(e *elements, name string) {
	leading := true
	for i := range e.raw {
		turn := e.object(i)
		if turn == nil {
			return // not understood: what follows stays
		}
		role := turn.text("role")
		content := turn.member("content")
		if content == nil || role != "system" && role != "developer" && role != "user" {
			leading = false
			continue
		}
		at := slot{place: name + "[" + strconv.Itoa(i) + "].content", learns: leading, asks: role == "user"}
		if w.content(&content.raw, at) {
			e.touch(i)
		}
		if role == "user" {
			leading = false
		}
	}
}

// content orders a message's content: a string, or parts that are all texts.
// It reports whether it changed.
func (w *writer) content(raw *string, at slot) bool {
	if isString(*raw) {
		return w.text(raw, at)
	}
	parts := parseArray(*raw)
	at.learns = at.learns && len(parts) == 1 // parts come and go, and change their numbers
	place, changed := at.place, false
	for i, p := range parts {
		part := parseObject(p)
		text := part.textMember()
		if text == nil {
			break // an image, a tool's result, or unknown: what follows stays
		}
		at.place = place + "[" + strconv.Itoa(i) + "].text"
		if w.text(&text.raw, at) {
			parts[i] = part.json()
			changed = true
		}
	}
	if changed {
		*raw = joinArray(parts)
	}
	return changed
}

// text orders one text.
func (w *writer) text(raw *string, at slot) bool {
	if len(*raw) < minText {
		return false
	}
	text := stringOf(*raw)
	if strings.ContainsRune(text, utf8.RuneError) {
		return false // a lone surrogate, which would not be written as it came
	}
	seen := Seen{}
	if at.learns && w.opts.Learned != nil {
		seen = w.opts.Learned(at.place)
	}
	ordered := w.volatile(w.documents(text, at), at, seen)
	if ordered == text {
		return false
	}
	quoted, err := quote(ordered)
	if err != nil {
		return false
	}
	*raw = quoted
	return true
}

// minText is the length of a text that is worth a look, in bytes.
const minText = 16
