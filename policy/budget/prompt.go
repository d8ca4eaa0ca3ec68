// The chunks of a request's body.

package budget

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/tidwall/gjson"
)

// ScoreField is the member of a content part that makes it a chunk.
const ScoreField = "askonce_score"

// A Prompt is a request's body and the chunks in it. It is safe for concurrent
// use.
type Prompt struct {
	body   []byte
	texts  []text
	lists  []list
	scores []float64 // of each chunk, in the order of the body
}

// text is a string with chunks in it; first is the first one's number.
type text struct {
	span
	text   string
	blocks []block
	first  int
}

// list is a content array with chunks among its parts.
type list struct {
	elements []element
}

// element is a part. chunk is its number, or noChunk. If it is one, members
// are where its members stand, and own says which of them are askonce's.
type element struct {
	span
	chunk   int
	members []span
	own     []bool
}

const noChunk = -1

// FieldError says that a chunk's score is no score.
type FieldError struct {
	Param   string // path of the member
	Message string
}

func (e *FieldError) Error() string { return e.Param + ": " + e.Message }

// Read finds the chunks of a valid JSON body. It returns nil if there are none.
// Errors: a [*FieldError].
func Read(body []byte) (*Prompt, error) {
	if !marked(body) {
		return nil, nil
	}
	p := &Prompt{body: body}
	var err error
	gjson.ParseBytes(body).ForEach(func(name, value gjson.Result) bool {
		switch path := name.String(); path {
		case "messages", "system", "input", "instructions", "prompt":
			err = p.read(path, value)
		}
		return err == nil
	})
	if err != nil || len(p.scores) == 0 {
		return nil, err
	}
	return p, nil
}

// marked reports whether a body may have chunks; some encoders write "<" as an
// escape.
func marked(body []byte) bool {
	return bytes.Contains(body, []byte(ScoreField)) || bytes.Contains(body, []byte("/chunk"))
}

// read finds the chunks of a text, or of a list of parts or messages.
func (p *Prompt) read(path string, value gjson.Result) error {
	switch {
	case value.Type == gjson.String:
		p.readText(value)
		return nil
	case value.IsArray():
		return p.readList(path, value)
	}
	return nil
}

func (p *Prompt) readText(value gjson.Result) {
	found := blocks(value.Str)
	if len(found) == 0 {
		return
	}
	p.texts = append(p.texts, text{extent(value), value.Str, found, len(p.scores)})
	for _, b := range found {
		p.scores = append(p.scores, b.score)
	}
}

func (p *Prompt) readList(path string, value gjson.Result) (err error) {
	var l list
	i := 0
	value.ForEach(func(_, part gjson.Result) bool {
		e := element{span: extent(part), chunk: noChunk}
		err = p.readPart(fmt.Sprintf("%s[%d]", path, i), part, &e)
		l.elements = append(l.elements, e)
		i++
		return err == nil
	})
	if slices.ContainsFunc(l.elements, func(e element) bool { return e.chunk != noChunk }) {
		p.lists = append(p.lists, l)
	}
	return err
}

// readPart reads an element: a text, a part that is a chunk, or what has
// chunks in its text or content.
func (p *Prompt) readPart(path string, part gjson.Result, e *element) (err error) {
	if !part.IsObject() {
		return p.read(path, part)
	}
	score := part.Get(ScoreField)
	if !score.Exists() {
		part.ForEach(func(name, value gjson.Result) bool {
			if key := name.String(); key == "content" || key == "text" {
				err = p.read(path+"."+key, value)
			}
			return err == nil
		})
		return err
	}
	switch {
	case score.Type != gjson.Number:
		return &FieldError{path + "." + ScoreField, "the score of a retrieved chunk is a number"}
	case part.Get("role").Exists():
		return &FieldError{path + "." + ScoreField, "a whole message is no chunk; put the score on the parts of its content"}
	}
	e.chunk = len(p.scores)
	p.scores = append(p.scores, score.Num)
	part.ForEach(func(name, value gjson.Result) bool {
		e.members = append(e.members, span{name.Index, extent(value).to})
		e.own = append(e.own, name.String() == ScoreField)
		return true
	})
	return nil
}

func extent(value gjson.Result) span { return span{value.Index, value.Index + len(value.Raw)} }

// Chunks is how many there are.
func (p *Prompt) Chunks() int { return len(p.scores) }

// Plain is the body with all its chunks, as a provider understands it: without
// the scores that are askonce's own.
func (p *Prompt) Plain() []byte { body, _ := p.render(func(int) bool { return false }); return body }

// render is the body without the chunks that are gone, and how many those are:
// what would leave a list or a text empty stays.
func (p *Prompt) render(gone func(chunk int) bool) (body []byte, dropped int) {
	var edits []edit
	for i := range p.lists {
		edits = append(edits, p.lists[i].without(p.scores, gone, &dropped)...)
	}
	for i := range p.texts {
		edits = append(edits, p.texts[i].without(gone, &dropped)...)
	}
	slices.SortFunc(edits, func(a, b edit) int { return a.from - b.from })
	return apply(p.body, edits), dropped
}

func (l *list) without(scores []float64, gone func(int) bool, dropped *int) []edit {
	spans, best, left := make([]span, len(l.elements)), noChunk, 0
	for i, e := range l.elements {
		spans[i] = e.span
		if e.chunk == noChunk || !gone(e.chunk) {
			left++
		} else if best == noChunk || scores[e.chunk] > scores[l.elements[best].chunk] {
			best = i
		}
	}
	goes := func(i int) bool {
		e := &l.elements[i]
		return e.chunk != noChunk && gone(e.chunk) && (left > 0 || i != best)
	}
	edits := without(spans, goes)
	for i := range l.elements {
		switch e := &l.elements[i]; {
		case e.chunk == noChunk:
		case goes(i):
			*dropped++
		default:
			edits = append(edits, without(e.members, func(m int) bool { return e.own[m] })...)
		}
	}
	return edits
}

func (t *text) without(gone func(int) bool, dropped *int) []edit {
	var rest []byte
	at, n := 0, 0
	for i, b := range t.blocks {
		if gone(t.first + i) {
			rest = append(rest, t.text[at:b.from]...)
			at = b.to
			n++
		}
	}
	rest = append(rest, t.text[at:]...)
	if n == 0 || len(bytes.TrimSpace(rest)) == 0 {
		return nil
	}
	quoted, err := jsontext.AppendQuote(nil, rest)
	if err != nil {
		return nil // not UTF-8: left as it is
	}
	*dropped += n
	return []edit{{t.span, string(quoted)}}
}
