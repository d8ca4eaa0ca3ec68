// JSON objects and arrays as lists of raw values, to be put together again.

package prefix

import (
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
	parsed := gjson.Parse(raw)
	if !parsed.IsObject() {
		return nil
	}
	o := &object{}
	parsed.ForEach(func(name, value gjson.Result) bool {
		o.members = append(o.members, member{name: name.String(), quoted: name.Raw, raw: value.Raw})
		return true
	})
	return o
}

// parseArray reads a valid JSON array's elements; nil for anything else.
func parseArray(raw string) []string {
	parsed := gjson.Parse(raw)
	if !parsed.IsArray() {
		return nil
	}
	var list []string
	parsed.ForEach(func(_, value gjson.Result) bool {
		list = append(list, value.Raw)
		return true
	})
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
		return gjson.Parse(m.raw).String()
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

func joinArray(list []string) string {
	n := 2
	for _, raw := range list {
		n += len(raw) + 1
	}
	dst := append(make([]byte, 0, n), '[')
	for i, raw := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, raw...)
	}
	return string(append(dst, ']'))
}

func isString(raw string) bool { return raw != "" && raw[0] == '"' }

// quote writes a text as a JSON string. The error is of texts that are not
// UTF-8, which those of a parsed request are.
func quote(text string) (string, error) {
	quoted, err := jsontext.AppendQuote(nil, text)
	return string(quoted), err
}
