// POST /v1/completions: reading the prompts.

package simulator

import (
	"github.com/tidwall/gjson"
)

func (*Simulator) serveCompletions(x *exchange, doc object) *apiError {
	q := &textRequest{ep: completionsEndpoint, doc: doc}
	if err := q.readOptions(); err != nil {
		return err
	}
	if err := q.readPrompts(); err != nil {
		return err
	}
	if err := x.enter(q.questions[0].Model, q.questions[0].Text, q.demand()); err != nil || x.done {
		return err
	}
	x.answer(q, forcedTool{})
	return nil
}

// readPrompts makes a question out of each prompt.
func (q *textRequest) readPrompts() *apiError {
	inputs, err := readInputs(q.doc, "prompt")
	if err != nil {
		return err
	}
	model := q.doc.get("model").Str
	for _, in := range inputs {
		sum := newDigest()
		sum.add(model)
		sum.add(in.text)
		sum.add(q.doc.get("suffix").Raw)
		q.promptTokens += in.tokens
		q.digests = append(q.digests, sum.Sum64())
		q.questions = append(q.questions, Question{
			Model:    model,
			Messages: []Message{{Role: "user", Text: in.text}},
			Text:     in.text,
		})
	}
	return nil
}

// input is one prompt of a completion, or one input of an embedding.
type input struct {
	text   string // its JSON if it came as tokens
	tokens int
}

// readInputs reads a member that is a text, a list of texts, a list of token
// numbers, or a list of such lists.
func readInputs(doc object, name string) ([]input, *apiError) {
	v := doc.get(name)
	wrong := invalid(name, "invalid_type", "'"+name+"' is neither text nor a list of texts or tokens.")
	switch {
	case !v.Exists() || v.Type == gjson.Null:
		return nil, invalid(name, "missing_required_parameter", "'"+name+"' is missing.")
	case v.Type == gjson.String:
		return []input{{text: v.Str, tokens: countTokens(v.Str)}}, nil
	case !v.IsArray():
		return nil, wrong
	}
	elements := v.Array()
	if len(elements) == 0 {
		return nil, invalid(name, "empty_array", "'"+name+"' is empty.")
	}
	if elements[0].Type == gjson.Number {
		elements = []gjson.Result{v}
	}
	inputs := make([]input, 0, len(elements))
	for _, e := range elements {
		switch {
		case e.Type == gjson.String:
			inputs = append(inputs, input{text: e.Str, tokens: countTokens(e.Str)})
		case isTokenList(e):
			inputs = append(inputs, input{text: e.Raw, tokens: len(e.Array())})
		default:
			return nil, wrong
		}
	}
	return inputs, nil
}

// isTokenList reports whether v is a list of numbers with at least one.
func isTokenList(v gjson.Result) bool {
	if !v.IsArray() {
		return false
	}
	n := 0
	all := true
	v.ForEach(func(_, e gjson.Result) bool {
		n++
		all = e.Type == gjson.Number
		return all
	})
	return all && n > 0
}
