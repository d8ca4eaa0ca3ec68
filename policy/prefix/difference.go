// What a rewrite changed, for people: message by message, line by line.

package prefix

import (
	"slices"
	"strconv"
	"strings"
)

// Change is how one message, the tools or the request's members differ in two
// bodies.
type Change struct {
	Place string     `json:"place"` // "messages[0]", "system", "tools", "request"
	Role  string     `json:"role,omitempty"`
	Lines []LineDiff `json:"lines"`
}

// Difference lists what differs between a body and its rewrite, in the order of
// the prompt. Texts are compared as they read; parts that are none stand as
// "[image]", and a mark as "[cache_control]".
func Difference(before, after []byte) []Change {
	first, second := passages(before), passages(after)
	changes := []Change{}
	for i := range min(len(first), len(second)) {
		if slices.Equal(first[i].lines, second[i].lines) {
			continue
		}
		changes = append(changes, Change{Place: second[i].place, Role: second[i].role, Lines: diffLines(first[i].lines, second[i].lines)})
	}
	return changes
}

// A passage is one message, or another part of a request, as it reads.
type passage struct {
	place, role string
	lines       []string
}

// passages are those of a body: always the members' names, the tools, system and
// instructions, then the turns, so that two bodies with the same turns have them
// in the same places.
func passages(body []byte) []passage {
	root := parseObject(string(body))
	if root == nil {
		return nil
	}
	request := passage{place: "request"}
	for i := range root.members {
		request.lines = append(request.lines, root.members[i].name)
	}
	list := []passage{request, toolPassage(root)}
	for _, name := range []string{"system", "instructions"} {
		p := passage{place: name}
		if m := root.member(name); m != nil {
			p.lines = contentLines(m.raw)
		}
		list = append(list, p)
	}
	for _, name := range []string{"messages", "input"} {
		m := root.member(name)
		switch {
		case m == nil:
		case isString(m.raw):
			list = append(list, passage{place: name, role: "user", lines: contentLines(m.raw)})
		default:
			for i, raw := range parseArray(m.raw) {
				list = append(list, turnPassage(raw, name+"["+strconv.Itoa(i)+"]"))
			}
		}
	}
	return list
}

func toolPassage(root *object) passage {
	p := passage{place: "tools"}
	m := root.member("tools")
	if m == nil {
		return p
	}
	for _, raw := range parseArray(m.raw) {
		o := parseObject(raw)
		name := ""
		if o != nil {
			name = toolName(o)
		}
		p.lines = append(p.lines, name)
		if o.member(cacheControl) != nil {
			p.lines = append(p.lines, markLine(o))
		}
	}
	return p
}

func turnPassage(raw, place string) passage {
	o := parseObject(raw)
	p := passage{place: place, role: o.text("role")}
	if o == nil {
		return p
	}
	for i := range o.members {
		switch m := &o.members[i]; m.name {
		case "content":
			p.lines = append(p.lines, contentLines(m.raw)...)
		case "role", "type", "id", "name", "status":
		default:
			p.lines = append(p.lines, "["+m.name+"]")
		}
	}
	return p
}

// contentLines are a content's lines, text by text.
func contentLines(raw string) []string {
	if isString(raw) {
		return strings.Split(stringOf(raw), "\n")
	}
	var lines []string
	for _, part := range parseArray(raw) {
		o := parseObject(part)
		if text := o.textMember(); text != nil {
			lines = append(lines, strings.Split(stringOf(text.raw), "\n")...)
		} else {
			lines = append(lines, "["+o.text("type")+"]")
		}
		if o.member(cacheControl) != nil {
			lines = append(lines, markLine(o))
		}
	}
	return lines
}

// markLine is a mark, with its life if that is not the usual one.
func markLine(o *object) string {
	if ttl := parseObject(o.member(cacheControl).raw).text("ttl"); ttl != "" {
		return "[cache_control " + ttl + "]"
	}
	return "[cache_control]"
}

// around is how many lines that are the same are told beside one that is not.
const around = 3

// Unified is changes as one text, with lines that are the same left out where
// many follow each other.
func Unified(changes []Change) string {
	var b strings.Builder
	for _, c := range changes {
		b.WriteString("@@ " + c.Title() + " @@\n")
		for _, line := range c.Shortened() {
			b.WriteString(line.Op + line.Text + "\n")
		}
	}
	return b.String()
}

// Title is a change's place and role.
func (c *Change) Title() string {
	if c.Role == "" {
		return c.Place
	}
	return c.Place + " (" + c.Role + ")"
}

// Shortened is the lines of a change without those far from what differs, of
// which one with the op "…" tells how many they were.
func (c *Change) Shortened() []LineDiff {
	near := make([]bool, len(c.Lines))
	for i, line := range c.Lines {
		if line.Op != " " {
			for k := max(0, i-around); k <= min(len(near)-1, i+around); k++ {
				near[k] = true
			}
		}
	}
	var list []LineDiff
	for i := 0; i < len(near); i++ {
		if near[i] {
			list = append(list, c.Lines[i])
			continue
		}
		from := i
		for i+1 < len(near) && !near[i+1] {
			i++
		}
		list = append(list, LineDiff{"…", " " + strconv.Itoa(i-from+1) + " lines"})
	}
	return list
}
