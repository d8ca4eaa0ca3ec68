// The check of a rewrite: the same words, roles, turns, calls and schemas.

package prefix

import (
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// check tells what a rewrite changed that it must not; "" for nothing.
func check(before, after string) string {
	if !gjson.Valid(after) {
		return "invalid_json"
	}
	if !sameBody(parseObject(before), parseObject(after), maphash.MakeSeed()) {
		return "content_changed"
	}
	return ""
}

// sameBody reports whether two bodies differ in nothing but what a rewrite may
// change: the order of members and tools, and within one text that of its words.
// What is written alike is not read.
func sameBody(before, after *object, seed maphash.Seed) bool {
	return sameMembers(before, after, func(name, a, b string) bool {
		switch name {
		case "tools":
			return toolsOutline(a) == toolsOutline(b)
		case "messages", "input":
			return sameTurns(a, b, seed)
		case "system", "instructions", "prompt":
			return contentOutline(a, seed) == contentOutline(b, seed)
		}
		return false
	})
}

// sameMembers reports whether two objects have the same members, in any order;
// same judges those that are written otherwise.
func sameMembers(a, b *object, same func(name, a, b string) bool) bool {
	if a == nil || b == nil || len(a.members) != len(b.members) {
		return false
	}
	sortMembers(a)
	sortMembers(b)
	for i := range a.members {
		x, y := &a.members[i], &b.members[i]
		if x.name != y.name || x.raw != y.raw && !same(x.name, x.raw, y.raw) {
			return false
		}
	}
	return true
}

func sameTurns(before, after string, seed maphash.Seed) bool {
	a, b := parseArray(before), parseArray(after)
	if a == nil || len(a) != len(b) {
		return isString(before) && contentOutline(before, seed) == contentOutline(after, seed)
	}
	for i := range a {
		if a[i] != b[i] && !sameMembers(parseObject(a[i]), parseObject(b[i]), func(name, x, y string) bool {
			return name == "content" && contentOutline(x, seed) == contentOutline(y, seed)
		}) {
			return false
		}
	}
	return true
}

func toolsOutline(raw string) string {
	list := parseArray(raw)
	for i, element := range list {
		o := parseObject(element)
		if o == nil {
			return raw
		}
		if f := o.member("function"); f != nil {
			if inner := parseObject(f.raw); inner != nil {
				sortMembers(inner)
				f.raw = inner.json()
			}
		}
		sortMembers(o)
		list[i] = o.json()
	}
	slices.Sort(list)
	return joinArray(list)
}

// contentOutline replaces the texts of a content by the sums of their words.
func contentOutline(raw string, seed maphash.Seed) string {
	if isString(raw) {
		return words(stringOf(raw), seed)
	}
	parts := parseArray(raw)
	for i, p := range parts {
		part := parseObject(p)
		if text := part.textMember(); text != nil {
			text.raw = words(stringOf(text.raw), seed)
			parts[i] = part.json()
		}
	}
	if parts == nil {
		return raw
	}
	return joinArray(parts)
}

// words is the multiset of a text's words, labels left out, as a number that
// two different ones share by chance only.
func words(text string, seed maphash.Seed) string {
	var sum uint64
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		if line == Label {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			sum += maphash.String(seed, word)
			n++
		}
	}
	return `"` + strconv.FormatUint(sum, 16) + ":" + strconv.Itoa(n) + `"`
}

// samePrompt reports whether a marked body is the prompt that it was made of:
// the same outline, with neighbouring texts taken together.
func samePrompt(before, after []byte) bool {
	seed := maphash.MakeSeed()
	return gjson.ValidBytes(after) && flat(before, seed) == flat(after, seed)
}

// flat is a body without marks, in which a string and the text blocks that it
// was cut into are the same.
func flat(body []byte, seed maphash.Seed) string {
	root := parseObject(string(body))
	for i := range root.members {
		m := &root.members[i]
		switch m.name {
		case "tools":
			m.raw = joinArray(withoutMarks(parseArray(m.raw)))
		case "system":
			m.raw = flatContent(m.raw, seed)
		case "messages":
			m.raw = flatTurns(m.raw, seed)
		}
	}
	return root.json()
}

func flatTurns(raw string, seed maphash.Seed) string {
	list := parseArray(raw)
	for i, element := range list {
		turn := parseObject(element)
		if c := turn.member("content"); c != nil {
			c.raw = flatContent(c.raw, seed)
			list[i] = turn.json()
		}
	}
	return joinArray(list)
}

func flatContent(raw string, seed maphash.Seed) string {
	var out []string
	text := ""
	for _, block := range append(withoutMarks(blocksOf(raw)), "") {
		if t := parseObject(block).textMember(); t != nil {
			text += stringOf(t.raw) + "\n"
			continue
		}
		if text != "" {
			out, text = append(out, words(text, seed)), ""
		}
		if block != "" {
			out = append(out, block)
		}
	}
	return joinArray(out)
}

func withoutMarks(list []string) []string {
	list = slices.Clone(list)
	for i, raw := range list {
		o := parseObject(raw)
		if o.member(cacheControl) == nil {
			continue
		}
		o.members = slices.DeleteFunc(o.members, func(m member) bool { return m.name == cacheControl })
		list[i] = o.json()
	}
	return list
}
