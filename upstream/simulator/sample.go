// Documents that fit a JSON Schema: tool arguments and structured answers.

package simulator

import (
	"strings"

	"github.com/tidwall/gjson"
)

// deepest bounds how far a schema is followed; recursive ones end there.
const deepest = 16

// outputFormat is the form that a request wants its answer in.
type outputFormat struct {
	kind   string // "" for text
	schema gjson.Result
}

// apply turns an answer's text into that form.
func (f outputFormat) apply(text string) string {
	switch f.kind {
	case "json_object":
		return string(append(gjson.AppendJSONString([]byte(`{"answer":`), text), '}'))
	case "json_schema":
		return string(sample(nil, f.schema, text))
	}
	return text
}

// sample appends a document that fits schema, with text for its strings.
func sample(dst []byte, schema gjson.Result, text string) []byte {
	s := sampler{root: schema, text: text}
	if !schema.Exists() {
		return append(dst, "{}"...)
	}
	return s.append(dst, schema, 0)
}

type sampler struct {
	root gjson.Result
	text string
}

// append writes a value for one schema: a given value if the schema names
// some, else the smallest of its type.
func (s *sampler) append(dst []byte, schema gjson.Result, depth int) []byte {
	if depth > deepest {
		return append(dst, "null"...)
	}
	if ref := schema.Get("$ref").String(); ref != "" {
		return s.append(dst, s.resolve(ref), depth+1)
	}
	for _, member := range []string{"const", "enum.0", "default"} {
		if v := schema.Get(member); v.Exists() {
			return append(dst, v.Raw...)
		}
	}
	for _, member := range []string{"anyOf.0", "oneOf.0", "allOf.0"} {
		if v := schema.Get(member); v.Exists() {
			return s.append(dst, v, depth+1)
		}
	}
	return s.appendType(dst, schema, depth)
}

func (s *sampler) appendType(dst []byte, schema gjson.Result, depth int) []byte {
	kind := schema.Get("type")
	if kind.IsArray() {
		kind = kind.Get("0")
	}
	switch kind.String() {
	case "string":
		return gjson.AppendJSONString(dst, s.text)
	case "integer", "number":
		if low := schema.Get("minimum"); low.Exists() {
			return append(dst, low.Raw...)
		}
		return append(dst, '1')
	case "boolean":
		return append(dst, "true"...)
	case "array":
		dst = append(dst, '[')
		if items := schema.Get("items"); items.Exists() {
			dst = s.append(dst, items, depth+1)
		}
		return append(dst, ']')
	case "null":
		return append(dst, "null"...)
	}
	return s.appendObject(dst, schema, depth)
}

func (s *sampler) appendObject(dst []byte, schema gjson.Result, depth int) []byte {
	dst = append(dst, '{')
	first := true
	schema.Get("properties").ForEach(func(name, property gjson.Result) bool {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(append(dst, name.Raw...), ':')
		dst = s.append(dst, property, depth+1)
		return true
	})
	return append(dst, '}')
}

// resolve follows a reference within the schema, such as #/$defs/step.
func (s *sampler) resolve(ref string) gjson.Result {
	v := s.root
	for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#"), "/") {
		if name != "" {
			name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
			v = v.Get(gjson.Escape(name))
		}
	}
	return v
}
