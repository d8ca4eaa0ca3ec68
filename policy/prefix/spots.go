// Where marks may stand: behind the tools, behind the system text that all
// requests share, behind documents, and behind the turns so far.

package prefix

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// What is believed of a place that was never seen: instructions are used again,
// documents sometimes, a conversation that has gone on goes on.
var (
	priorStatic    = chance{0.8, 0.85}
	priorDocuments = chance{0.4, 0.45}
	priorTurn      = chance{0.1, 0.1}
	priorGrown     = chance{0.7, 0.75}
)

const cacheControl = "cache_control"

// kindOfPlace is a place without its numbers, for what is learned.
func kindOfPlace(place string) string {
	kind, _, _ := strings.Cut(place, "[")
	if strings.HasSuffix(place, "documents") {
		kind += ".documents"
	}
	return kind
}

// find notes all spots, in the order of the prompt.
func (m *marker) find() {
	m.inTools()
	if system := m.root.member("system"); system != nil {
		m.inSystem(system)
	}
	if messages := m.root.member("messages"); messages != nil {
		m.inMessages(messages)
	}
}

func (m *marker) inTools() {
	tools := m.root.member("tools")
	if tools == nil {
		return
	}
	list := parseArray(tools.raw)
	m.read(tools.raw)
	if len(list) == 0 {
		return
	}
	m.spotIn(tools, list, len(list)-1, "tools", priorStatic)
}

// inSystem notes the end of the system text, or where its label stands: what
// follows that is another text in each request.
func (m *marker) inSystem(system *member) {
	blocks := blocksOf(system.raw)
	if len(blocks) == 0 {
		return
	}
	for i := range blocks {
		text := parseObject(blocks[i]).textMember()
		if text == nil {
			m.read(blocks[i])
			continue
		}
		head, tail := cutLabel(stringOf(text.raw))
		m.read(head)
		if tail == "" {
			continue
		}
		blocks = cutBlock(blocks, i, head, tail)
		break
	}
	last := lastShared(blocks)
	if last >= 0 {
		m.spotIn(system, blocks, last, "system", priorStatic)
	}
	for _, block := range blocks[last+1:] {
		m.read(block)
	}
}

// spotIn notes the end of a block of a content as a spot.
func (m *marker) spotIn(content *member, blocks []string, i int, place string, prior chance) {
	m.spot(place, prior, func(control string) {
		blocks[i] = withMark(blocks[i], control)
		content.raw = joinArray(blocks)
	})
}

// lastShared is the last block before the label that takes a mark; -1 if there
// is none.
func lastShared(blocks []string) int {
	last := -1
	for i := range blocks {
		if strings.HasPrefix(parseObject(blocks[i]).text("text"), Label) {
			break
		}
		if markable(blocks[i]) {
			last = i
		}
	}
	return last
}

// cutBlock makes two blocks of the text block i.
func cutBlock(blocks []string, i int, head, tail string) []string {
	first, second := withText(blocks[i], head), withText(blocks[i], tail)
	if strings.TrimSpace(head) == "" {
		return blocks
	}
	return slices.Replace(slices.Clone(blocks), i, i+1, first, second)
}

// inMessages notes the documents that lead the last user's turn, its end, and
// the end of the user's turn before: the provider finds the prefix that the
// last request of a growing conversation has written there.
func (m *marker) inMessages(messages *member) {
	list := parseArray(messages.raw)
	grown := grew(list)
	prior := priorTurn
	if grown {
		prior = priorGrown
	}
	wanted := lastUserTurns(list, 2)
	for i := range list {
		turn := parseObject(list[i])
		content := turn.member("content")
		if !slices.Contains(wanted, i) || content == nil {
			m.read(list[i])
			continue
		}
		m.inTurn(content, "messages["+strconv.Itoa(i)+"]", prior)
		m.finish = append(m.finish, func() { list[i] = string(turn.appendTo(nil)) })
	}
	m.finish = append(m.finish, func() { messages.raw = joinArray(list) })
}

// inTurn notes the spots of one user's turn.
func (m *marker) inTurn(content *member, place string, prior chance) {
	blocks := blocksOf(content.raw)
	if len(blocks) == 0 || !markable(blocks[len(blocks)-1]) {
		m.read(content.raw)
		return
	}
	if documents, question := leadingDocuments(parseObject(blocks[0]).text("text")); question != "" && len(blocks) == 1 {
		blocks = []string{withText(blocks[0], documents), withText(blocks[0], question)}
		m.read(documents)
		m.spotIn(content, blocks, 0, place+".documents", priorDocuments)
		m.read(question)
	} else {
		m.read(content.raw)
	}
	m.spotIn(content, blocks, len(blocks)-1, place, prior)
}

// leadingDocuments cuts a text behind the documents that it begins with.
func leadingDocuments(text string) (documents, question string) {
	if len(text) < minDocument {
		return text, ""
	}
	lead, blocks := split(text)
	n := 0
	for n < len(blocks) && isDocument(&blocks[n]) {
		n++
	}
	if n == 0 || n == len(blocks) {
		return text, ""
	}
	end := len(lead) + len(joinBlocks(blocks[:n]))
	return text[:end], text[end:]
}

// grew reports whether a conversation has an answer in it already.
func grew(turns []string) bool {
	return slices.ContainsFunc(turns, func(turn string) bool { return parseObject(turn).text("role") == "assistant" })
}

// lastUserTurns are the places of the last n turns of the user's.
func lastUserTurns(turns []string, n int) []int {
	var list []int
	for i := len(turns) - 1; i >= 0 && len(list) < n; i-- {
		if parseObject(turns[i]).text("role") == "user" {
			list = append(list, i)
		}
	}
	return list
}

// blocksOf are the blocks of a content; a string is one text block.
func blocksOf(raw string) []string {
	if !isString(raw) {
		return parseArray(raw)
	}
	if raw == `""` {
		return nil // an empty block is refused
	}
	return []string{`{"type":"text","text":` + raw + `}`}
}

// markable reports whether a block takes a mark: thinking blocks and empty
// texts do not.
func markable(block string) bool {
	o := parseObject(block)
	switch o.text("type") {
	case "text":
		return strings.TrimSpace(o.text("text")) != ""
	case "image", "document", "tool_result", "tool_use":
		return true
	}
	return false
}

func withMark(raw, control string) string {
	o := parseObject(raw)
	o.members = append(o.members, member{name: cacheControl, quoted: `"` + cacheControl + `"`, raw: control})
	return string(o.appendTo(nil))
}

func withText(raw, text string) string {
	o := parseObject(raw)
	quoted, err := quote(text)
	if err != nil {
		return raw
	}
	o.member("text").raw = quoted
	return string(o.appendTo(nil))
}

func stringOf(raw string) string { return gjson.Parse(raw).String() }

// hasMarks reports whether a request has marks, wherever they stand.
func hasMarks(root *object) bool {
	for i := range root.members {
		if root.members[i].name == cacheControl || strings.Contains(root.members[i].raw, `"`+cacheControl+`"`) {
			return true
		}
	}
	return false
}
