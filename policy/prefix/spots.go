// Where marks may stand: behind the tools, behind the system text that all
// requests share, behind documents, and behind the turns so far.

package prefix

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
)

// Kinds of places, apart from each other in what is learned, and what is
// believed of one that was never seen: instructions are used again, documents
// sometimes, a conversation that has gone on goes on.
var (
	inToolsKind   = placeKind{"tools", chance{0.8, 0.85}}
	inSystemKind  = placeKind{"system", chance{0.8, 0.85}}
	documentsKind = placeKind{"documents", chance{0.4, 0.45}}
	labelKind     = placeKind{"label", chance{0.6, 0.65}}
	sharedKind    = placeKind{"shared", chance{0.7, 0.75}}
	firstTurnKind = placeKind{"first_turn", chance{0.1, 0.1}}
	grownKind     = placeKind{"grown", chance{0.7, 0.75}}
)

type placeKind struct {
	name  string
	prior chance
}

const cacheControl = "cache_control"

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
	m.spotIn(tools, list, len(list)-1, "tools", inToolsKind)
}

// inSystem notes the end of the system text, or where its label stands: what
// follows that is another text in each request.
func (m *marker) inSystem(system *member) {
	blocks := blocksOf(system.raw)
	if len(blocks) == 0 {
		return
	}
	if text := onlyText(blocks); text != nil {
		if blocks, labelled := m.inText(system, blocks[0], stringOf(text.raw), "system", m.spotIn); !labelled && markable(blocks[len(blocks)-1]) {
			m.spotIn(system, blocks, len(blocks)-1, "system", inSystemKind)
		}
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
		m.spotIn(system, blocks, last, "system", inSystemKind)
	}
	m.readBlocks(blocks[last+1:])
}

// spotIn notes the end of a block of a content as a spot.
func (m *marker) spotIn(content *member, blocks []string, i int, place string, kind placeKind) {
	m.spot(place, kind, func(control string) {
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
	kind := firstTurnKind
	if grew(list) {
		kind = grownKind
	}
	wanted := lastUserTurns(list, 2)
	for i := range list {
		turn := parseObject(list[i])
		content := turn.member("content")
		if content == nil {
			m.read(list[i])
			continue
		}
		role := turn.text("role")
		m.read(role)
		blocks := blocksOf(content.raw)
		switch {
		case slices.Contains(wanted, i):
			m.inTurn(content, blocks, "messages["+strconv.Itoa(i)+"]", kind)
		case role == "user" && onlyText(blocks) != nil:
			m.inText(content, blocks[0], stringOf(onlyText(blocks).raw), "", nowhere)
		default:
			m.readBlocks(blocks)
		}
		m.finish = append(m.finish, func() { list[i] = turn.json() })
	}
	m.finish = append(m.finish, func() { messages.raw = joinArray(list) })
}

// inTurn notes the spots of one user's turn.
func (m *marker) inTurn(content *member, blocks []string, place string, kind placeKind) {
	if len(blocks) == 0 || !markable(blocks[len(blocks)-1]) {
		m.readBlocks(blocks)
		return
	}
	if text := onlyText(blocks); text != nil {
		blocks, _ = m.inText(content, blocks[0], stringOf(text.raw), place, m.spotIn)
	} else {
		m.readBlocks(blocks)
	}
	m.spotIn(content, blocks, len(blocks)-1, place, kind)
}

// onlyText is the text of a content that is nothing else; nil for others.
func onlyText(blocks []string) *member {
	if len(blocks) != 1 {
		return nil
	}
	return parseObject(blocks[0]).textMember()
}

// A noter notes the end of a block of a content as a spot, or does not.
type noter func(content *member, blocks []string, i int, place string, kind placeKind)

func nowhere(*member, []string, int, string, placeKind) {}

// inText cuts a text where it is likely to go on otherwise in other requests, and
// notes that: behind the paragraph that was seen last in one of them, behind its
// documents, before its label. labelled says that it has one. Turns that are too
// far back to be marked are cut all the same: their blocks are those that the
// provider has seen.
func (m *marker) inText(content *member, block, text, place string, note noter) (blocks []string, labelled bool) {
	cuts := m.cuts(text)
	from := 0
	for _, c := range cuts {
		blocks = append(blocks, withText(block, text[from:c.at]))
		from = c.at
	}
	blocks = append(blocks, withText(block, text[from:]))
	from = 0
	for i, c := range cuts {
		m.read(text[from:c.at])
		labelled = labelled || c.kind == labelKind
		note(content, blocks, i, place+"."+c.kind.name, c.kind)
		from = c.at
	}
	m.read(text[from:])
	if len(blocks) > 1 {
		m.finish = append(m.finish, func() { content.raw = joinArray(blocks) })
	}
	return blocks, labelled
}

// A cut is where a text is cut into two blocks, and why.
type cut struct {
	at   int
	kind placeKind
}

// cuts are those of a text, in their order; no part is blank.
func (m *marker) cuts(text string) []cut {
	var list []cut
	add := func(at int, kind placeKind) {
		same := func(c cut) bool { return strings.TrimSpace(text[min(c.at, at):max(c.at, at)]) == "" }
		if strings.TrimSpace(text[:at]) != "" && strings.TrimSpace(text[at:]) != "" && !slices.ContainsFunc(list, same) {
			list = append(list, cut{at, kind})
		}
	}
	if documents, question := leadingDocuments(text); question != "" {
		add(len(documents), documentsKind)
	}
	if _, tail := cutLabel(text); tail != "" {
		add(len(text)-len(tail), labelKind)
	}
	add(m.shared(text), sharedKind)
	slices.SortFunc(list, func(a, b cut) int { return cmp.Compare(a.at, b.at) })
	return list
}

// maxEnds is how many ends of paragraphs of a text are remembered, its last ones
// left out.
const maxEnds = 24

// shared is the end of the last paragraph up to which a prefix was seen before; 0
// for none. Short prefixes, which nobody keeps, are left out.
func (m *marker) shared(text string) (end int) {
	if m.opts.Repeats == nil || len(text) < minDocument {
		return 0
	}
	prefix := m.prefix.Sum64()
	var sum maphash.Hash
	sum.SetSeed(m.opts.Repeats.seed)
	var ends []paragraphEnd
	from := 0
	for len(ends) < maxEnds {
		i := strings.Index(text[from:], "\n\n")
		if i < 0 {
			break
		}
		to := from + i
		for to < len(text) && text[to] == '\n' {
			to++
		}
		_, _ = sum.WriteString(text[from:to])
		if m.tokens+m.opts.Tokens(text[:to]) >= m.least/2 {
			ends = append(ends, paragraphEnd{to, prefix ^ sum.Sum64()})
		}
		from = to
	}
	if len(ends) == 0 {
		return 0
	}
	_, _ = sum.WriteString(text[from:])
	return m.opts.Repeats.cut(prefix^sum.Sum64(), ends, m.opts.Now)
}

// A paragraphEnd is where a paragraph ends, and the sum of all before it.
type paragraphEnd struct {
	at   int
	hash uint64
}

// readBlocks takes blocks into the prefix, those of text by their text: whether
// it is cut into several makes no other prefix.
func (m *marker) readBlocks(blocks []string) {
	for _, block := range blocks {
		if text := parseObject(block).textMember(); text != nil {
			m.read(stringOf(text.raw))
		} else {
			m.read(block)
		}
	}
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
	return o.json()
}

func withText(raw, text string) string {
	o := parseObject(raw)
	quoted, err := quote(text)
	if err != nil {
		return raw
	}
	o.member("text").raw = quoted
	return o.json()
}

// hasMarks reports whether a request has marks, wherever they stand.
func hasMarks(root *object) bool {
	for i := range root.members {
		if root.members[i].name == cacheControl || strings.Contains(root.members[i].raw, `"`+cacheControl+`"`) {
			return true
		}
	}
	return false
}
