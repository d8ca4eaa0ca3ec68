// JSON objects and arrays as lists of raw values, to be put together again.

package prefix

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/tidwall/gjson"
)

// An object is a JSON object, member by member.
type object struct {
	members []member
}

// A member is a name, as it was written, and a raw value.
type member struct {
	name   string
	quoted string
	raw    string
}

// parseObject reads a valid JSON object; nil for anything else.
func parseObject(raw string) *object {
	i := space(raw, 0)
	if i == len(raw) || raw[i] != '{' {
		return nil
	}
	o := &object{members: make([]member, 0, 8)}
	for i = space(raw, i+1); i < len(raw) && raw[i] == '"'; {
		end := stringEnd(raw, i)
		quoted := raw[i:end]
		i = space(raw, space(raw, end)+1) // behind the colon
		end = valueEnd(raw, i)
		o.members = append(o.members, member{name: stringOf(quoted), quoted: quoted, raw: raw[i:end]})
		if i = space(raw, end); i < len(raw) && raw[i] == ',' {
			i = space(raw, i+1)
		}
	}
	return o
}

// parseArray reads a valid JSON array's elements; nil for anything else.
func parseArray(raw string) []string {
	i := space(raw, 0)
	if i == len(raw) || raw[i] != '[' {
		return nil
	}
	var list []string
	for i = space(raw, i+1); i < len(raw) && raw[i] != ']'; {
		end := valueEnd(raw, i)
		if end == i {
			return nil // not valid
		}
		list = append(list, raw[i:end])
		if i = space(raw, end); i < len(raw) && raw[i] == ',' {
			i = space(raw, i+1)
		}
	}
	return list
}

// member is the one of that name, nil if there is none.
func (o *object) member(name string) *member {
	if o == nil {
		return nil
	}
	for i := range o.members {
		if o.members[i].name == name {
			return &o.members[i]
		}
	}
	return nil
}

// text is the string of that name; "" for anything else.
func (o *object) text(name string) string {
	if m := o.member(name); m != nil && isString(m.raw) {
		return stringOf(m.raw)
	}
	return ""
}

// textMember is the text of a content part that is one, and nil for others.
func (o *object) textMember() *member {
	if kind := o.text("type"); kind != "text" && kind != "input_text" {
		return nil
	}
	if m := o.member("text"); m != nil && isString(m.raw) {
		return m
	}
	return nil
}

func (o *object) appendTo(dst []byte) []byte {
	dst = append(dst, '{')
	for i := range o.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, o.members[i].quoted...)
		dst = append(dst, ':')
		dst = append(dst, o.members[i].raw...)
	}
	return append(dst, '}')
}

// json is the object as text.
func (o *object) json() string {
	n := 2
	for i := range o.members {
		n += len(o.members[i].quoted) + len(o.members[i].raw) + 2
	}
	var b strings.Builder
	b.Grow(n)
	b.WriteByte('{')
	for i := range o.members {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(o.members[i].quoted)
		b.WriteByte(':')
		b.WriteString(o.members[i].raw)
	}
	b.WriteByte('}')
	return b.String()
}

func joinArray(list []string) string {
	n := 2
	for _, raw := range list {
		n += len(raw) + 1
	}
	var b strings.Builder
	b.Grow(n)
	b.WriteByte('[')
	for i, raw := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(raw)
	}
	b.WriteByte(']')
	return b.String()
}

// stringOf is the text that a valid JSON string stands for.
func stringOf(raw string) string {
	if len(raw) < 2 || raw[0] != '"' {
		return gjson.Parse(raw).String()
	}
	quoted := raw[1 : len(raw)-1]
	i := strings.IndexByte(quoted, '\\')
	if i < 0 {
		return quoted
	}
	text := make([]byte, 0, len(quoted))
	for ; i >= 0; i = strings.IndexByte(quoted, '\\') {
		c := escaped[quoted[i+1]]
		if c == 0 {
			return gjson.Parse(raw).String() // by its code
		}
		text = append(append(text, quoted[:i]...), c)
		quoted = quoted[i+2:]
	}
	return string(append(text, quoted...))
}

// escaped are what characters stand for behind a backslash.
var escaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func isString(raw string) bool { return raw != "" && raw[0] == '"' }

// quote writes a text as a JSON string. The error is of texts that are not
// UTF-8, which those of a parsed request are.
func quote(text string) (string, error) {
	quoted, err := jsontext.AppendQuote(make([]byte, 0, len(text)+len(text)/16+8), text)
	return string(quoted), err
}
