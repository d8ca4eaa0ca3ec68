// Requests: the checks on a body, and what is read of it.

package llm

import (
	"fmt"
	"sync"
)

// Request is a read-only view of one request body.
type Request struct {
	Endpoint     Endpoint
	Body         []byte // as received; neither copied nor changed
	Model        string
	Stream       bool
	IncludeUsage bool // stream_options.include_usage

	// Query is the text of the last user turn (the prompt of a completion):
	// what a semantic cache embeds. It is empty when NoQuery says why.
	Query string
	// NoQuery is why the request has no query text: one word such as "empty",
	// "tool_result", "last_turn_not_user", "image", "audio", "video", "file",
	// "document", "unknown_part", "multiple_prompts", "tokens", "endpoint",
	// "builtin_tool", "previous_response", "prompt_template", "reference",
	// "stored"; "" when Query is set.
	NoQuery string

	// Bypass is why the request has to reach the provider each time: one word
	// such as "background", "conversation", "container"; "" if a stored answer
	// may serve it.
	Bypass string

	// Key is the digest of the canonical body without the fields that cannot
	// change the answer.
	Key Digest
	// Scope is the digest of the same document without the query text. It is
	// the zero Digest when Query is empty.
	Scope Digest

	askUsage edit // what makes Body ask for usage
	input    span // where Body holds the embeddings input
	inputs   int  // how many inputs that is
}

// span is a range of bytes of a body.
type span struct{ start, end uint32 }

// edit replaces a span of a body; an edit without text does nothing.
type edit struct {
	span
	text string
}

// apply returns body itself, or an edited copy.
func (e edit) apply(body []byte) []byte {
	if e.text == "" {
		return body
	}
	out := make([]byte, 0, len(body)+len(e.text))
	out = append(out, body[:e.start]...)
	out = append(out, e.text...)
	return append(out, body[e.end:]...)
}

// UpstreamBody is the body to send upstream: Body itself, or for a stream a
// copy that asks for the usage as well, since a stored answer needs it.
func (r *Request) UpstreamBody() []byte {
	return r.askUsage.apply(r.Body)
}

// ParseRequest checks body and reads it. The error is a *RequestError.
func ParseRequest(ep Endpoint, body []byte) (*Request, error) {
	if requiredMember(ep) == "" {
		return nil, &RequestError{Message: fmt.Sprintf("there is no endpoint %q; use one of %q", ep, Endpoints)}
	}
	p := parsers.Get().(*parser)
	defer p.release()
	if err := p.doc.parse(body); err != nil {
		return nil, err
	}
	root := p.doc.root()
	if root.kind() != '{' {
		return nil, &RequestError{Message: "the body is not a JSON object; send one"}
	}
	r := &Request{Endpoint: ep, Body: body}
	fields := fieldsOf(ep, root)
	if err := r.read(fields); err != nil {
		return nil, err
	}
	r.Bypass = bypassOf(ep, root)
	q := queryOf(ep, fields)
	r.Query, r.NoQuery = q.text, q.none
	r.Key, r.Scope = p.canonical.digests(ep, root, q.holes)
	return r, nil
}

// A parser is the memory that one ParseRequest works in. Nothing of it is left
// in the Request.
type parser struct {
	doc       tape
	canonical canonical
}

// parsers spares each request the tables that a decoder builds up.
var parsers = sync.Pool{New: func() any {
	return &parser{doc: tape{maxNodes: maxRequestNodes}, canonical: newCanonical()}
}}

// release gives the memory back, without the body.
func (p *parser) release() {
	p.canonical.holes = nil
	if p.doc.forget() {
		parsers.Put(p)
	}
}

// fields are the members of a body that a Request is read from.
type fields struct {
	root, model, stream, options, asked value
}

// fieldsOf finds them in one pass over the outermost members.
func fieldsOf(ep Endpoint, root value) fields {
	f := fields{root: root}
	required := requiredMember(ep)
	for m := range root.members() {
		switch {
		case m.is("model"):
			f.model = m.value()
		case m.is("stream"):
			f.stream = m.value()
		case m.is("stream_options"):
			f.options = m.value()
		case m.is(required):
			f.asked = m.value()
		}
	}
	return f
}

// read checks the fields and fills in what is read of them.
func (r *Request) read(f fields) error {
	r.Model = f.model.text()
	if r.Model == "" && !(r.Endpoint == Responses && namesTemplate(f.root)) {
		return &RequestError{Param: "model", Message: "a model is needed: a string that is not empty"}
	}
	if err := r.readStream(f); err != nil {
		return err
	}
	switch r.Endpoint {
	case Chat:
		return checkMessages(f.asked)
	case Completions:
		return checkPrompt(f.asked)
	case Responses:
		return checkItems(f.asked)
	case Messages:
		return checkMessages(f.asked)
	}
	r.input = span{f.asked.start, f.asked.end}
	var err error
	r.inputs, err = countInputs(f.asked)
	return err
}

// readStream reads stream and stream_options.
func (r *Request) readStream(f fields) error {
	switch f.stream.kind() {
	case 0, 'n', 'f':
	case 't':
		r.Stream = r.Endpoint != Embeddings
	default:
		return &RequestError{Param: "stream", Message: "must be true or false"}
	}
	if r.Endpoint == Responses || r.Endpoint == Messages {
		r.IncludeUsage = true // their streams always carry it
		return nil
	}
	if !f.options.isNull() && f.options.kind() != '{' {
		return &RequestError{Param: "stream_options", Message: "must be an object such as {\"include_usage\": true}, or be left out"}
	}
	usage := f.options.at("include_usage")
	switch usage.kind() {
	case 0, 'n', 'f':
	case 't':
		r.IncludeUsage = true
	default:
		return &RequestError{Param: "stream_options.include_usage", Message: "must be true or false"}
	}
	if r.Stream && !r.IncludeUsage {
		r.askUsage = usageEdit(f, usage)
	}
	return nil
}

// usageEdit sets stream_options.include_usage and changes nothing else.
func usageEdit(f fields, usage value) edit {
	switch {
	case usage.kind() != 0:
		return edit{span{usage.start, usage.end}, "true"}
	case f.options.kind() == 'n':
		return edit{span{f.options.start, f.options.end}, `{"include_usage":true}`}
	case f.options.kind() == 0:
		after := f.root.start + 1 // the body has other members: its model at least
		return edit{span{after, after}, `"stream_options":{"include_usage":true},`}
	}
	after := f.options.start + 1
	if f.options.opening() == '}' {
		return edit{span{after, after}, `"include_usage":true`}
	}
	return edit{span{after, after}, `"include_usage":true,`}
}

// checkMessages demands an array of objects that have a role each.
func checkMessages(messages value) error {
	if messages.kind() != '[' {
		return &RequestError{Param: "messages", Message: "must be an array of messages such as {\"role\": \"user\", \"content\": \"...\"}"}
	}
	i := 0
	for m := range messages.elements() {
		if m.kind() != '{' {
			return &RequestError{Param: fmt.Sprintf("messages[%d]", i), Message: "must be an object with role and content"}
		}
		if m.at("role").kind() != '"' {
			return &RequestError{Param: fmt.Sprintf("messages[%d].role", i), Message: "must be a string such as \"user\""}
		}
		i++
	}
	return nil
}

// checkPrompt demands a prompt of one of the forms of the completions API.
func checkPrompt(prompt value) error {
	switch prompt.kind() {
	case '"', '[', 'n':
		return nil
	case 0:
		return &RequestError{Param: "prompt", Message: "a prompt is needed: a string, or an array of strings or tokens"}
	}
	return &RequestError{Param: "prompt", Message: "must be a string, or an array of strings or tokens"}
}
