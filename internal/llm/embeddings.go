// Embeddings requests: one into one for each input, and back.

package llm

import (
	"fmt"
	"slices"
)

const (
	// maxSplitInputs bounds how many requests a split yields; OpenAI takes
	// 2,048 inputs.
	maxSplitInputs = 1 << 14

	// maxSplitRest bounds what every part of a split repeats: the body without
	// its inputs, in bytes.
	maxSplitRest = 64 << 10
)

// countInputs checks the input of an embeddings request and counts what it
// holds: a string or an array of integers is one input.
func countInputs(input value) (int, error) {
	wrong := &RequestError{Param: "input", Message: "must be a string, an array of strings, an array of tokens, or an array of arrays of tokens"}
	switch input.kind() {
	case '"':
		return 1, nil
	case '[':
	default:
		return 0, wrong
	}
	n := 0
	kind := byte(0)
	for e := range input.elements() {
		if n == 0 {
			kind = e.kind()
		}
		if e.kind() != kind || (kind == '[' && !isTokens(e)) {
			return 0, wrong
		}
		n++
	}
	switch {
	case n == 0:
		return 0, &RequestError{Param: "input", Message: "must not be empty"}
	case kind == '0':
		return 1, nil
	case kind == '"' || kind == '[':
		return n, nil
	}
	return 0, wrong
}

// isTokens reports whether an array holds numbers only, and some.
func isTokens(array value) bool {
	n := 0
	for e := range array.elements() {
		if e.kind() != '0' {
			return false
		}
		n++
	}
	return n > 0
}

// soleInput is the one element of an array with a single string or a single
// array of tokens, and any other input itself: both forms ask the same.
func soleInput(input value) value {
	if only, n := input.last(); n == 1 && only.kind() != '0' {
		return only
	}
	return input
}

// SplitInputs returns one request for each input of an embeddings request, in
// order, each with a body of its own that holds only this input. A request
// with a single input (a text, or one array of tokens) yields itself. The
// error is a *RequestError: the request holds too much to be split.
func (r *Request) SplitInputs() ([]*Request, error) {
	if r.inputs <= 1 {
		return []*Request{r}, nil
	}
	before, after := r.Body[:r.input.start], r.Body[r.input.end:]
	if r.inputs > maxSplitInputs {
		return nil, &RequestError{Param: "input", Message: fmt.Sprintf("has %d inputs; send at most %d at once", r.inputs, maxSplitInputs)}
	}
	if len(before)+len(after) > maxSplitRest {
		return nil, &RequestError{Message: fmt.Sprintf("the members besides input take more than %d bytes; send shorter ones", maxSplitRest)}
	}
	input := tape{}
	if err := input.parse(r.Body[r.input.start:r.input.end]); err != nil {
		return nil, err
	}
	parts := make([]*Request, 0, r.inputs)
	for e := range input.root().elements() {
		part, err := ParseRequest(r.Endpoint, slices.Concat(before, e.raw(), after))
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// JoinInputs is the embeddings request that asks for the inputs of parts, all
// of which come from one SplitInputs call, in the order given. There must be
// one part at least.
func JoinInputs(parts []*Request) *Request {
	first := parts[0]
	if len(parts) == 1 {
		return first
	}
	body := append([]byte(nil), first.Body[:first.input.start]...)
	for i, p := range parts {
		body = append(body, "[,"[min(i, 1)])
		body = append(body, p.Body[p.input.start:p.input.end]...)
	}
	body = append(append(body, ']'), first.Body[first.input.end:]...)
	joined, err := ParseRequest(Embeddings, body)
	if err != nil {
		// Parts of one split join to what was split: the caller mixed others in.
		panic(fmt.Sprintf("llm: JoinInputs of parts that are not from one SplitInputs call: %v", err))
	}
	return joined
}
