package budget

// span is a range of bytes.
type span struct{ from, to int }

// edit puts text in the place of a range of bytes.
type edit struct {
	span
	text string
}

// apply returns body with edits made, which are in the order of body and do
// not overlap.
func apply(body []byte, edits []edit) []byte {
	if len(edits) == 0 {
		return body
	}
	out := make([]byte, 0, len(body)+len(edits[0].text))
	at := 0
	for _, e := range edits {
		out = append(append(out, body[at:e.from]...), e.text...)
		at = e.to
	}
	return append(out, body[at:]...)
}

// without takes elements out of a list that is written with commas between
// them: each with the comma before it, and those at the front with the comma
// behind. spans are all elements, at least one of which stays, or all go.
func without(spans []span, gone func(i int) bool) []edit {
	var edits []edit
	kept := false // one before i
	for i, s := range spans {
		switch {
		case !gone(i):
			kept = true
		case kept:
			edits = append(edits, edit{span: span{spans[i-1].to, s.to}})
		case i+1 < len(spans):
			edits = append(edits, edit{span: span{s.from, spans[i+1].from}})
		default:
			edits = append(edits, edit{span: s})
		}
	}
	return edits
}
