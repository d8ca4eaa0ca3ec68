// Texts as blocks: what moves as a whole or not at all.

package prefix

import "strings"

// A shape is what a block looks like.
type shape uint8

const (
	prose   shape = iota // a paragraph
	facts                // lines of "label: value", or bullets of them
	section              // a heading and what belongs to it, all of it facts
	tagged               // <name>…</name>
	code                 // ```…```
	steps                // a numbered list or an example's turns: their order is their meaning
)

// A block is a part of a text between blank lines.
type block struct {
	text  string // without line ends at its end
	gap   string // what stands between it and the next
	shape shape
}

// split cuts a text into its blocks; joined with their gaps they are the text.
func split(text string) (lead string, blocks []block) {
	body := strings.TrimLeft(text, "\n")
	lead = text[:len(text)-len(body)]
	for body != "" {
		end := blockEnd(body)
		rest := strings.TrimLeft(body[end:], "\n")
		for isBlankLine(rest) {
			_, rest, _ = strings.Cut(rest, "\n")
		}
		blocks = append(blocks, block{text: body[:end], gap: body[end : len(body)-len(rest)]})
		body = rest
	}
	for i := range blocks {
		blocks[i].shape = shapeOf(blocks[i].text)
	}
	return lead, gatherIntroduced(gatherSections(blocks))
}

// isBlankLine reports whether text begins with a line of spaces alone.
func isBlankLine(text string) bool {
	line, _, ended := strings.Cut(text, "\n")
	return ended && strings.TrimSpace(line) == "" || text != "" && strings.TrimSpace(text) == ""
}

// blockEnd is where the block ends that text begins with. A fence or a tag that
// is never closed holds all that follows.
func blockEnd(text string) int {
	first, _, _ := strings.Cut(text, "\n")
	if fence := fenceOf(first); fence != "" {
		return closing(text, len(first), func(line string) bool { return strings.TrimSpace(line) == fence })
	}
	if name := openingTag(first); name != "" && !strings.Contains(first, "</"+name+">") {
		return closing(text, len(first), func(line string) bool { return strings.HasSuffix(strings.TrimSpace(line), "</"+name+">") })
	}
	for at := 0; ; {
		next := strings.IndexByte(text[at:], '\n')
		if next < 0 {
			return len(text)
		}
		line := text[at+next+1:]
		begin := firstLine(line)
		if strings.TrimSpace(begin) == "" || fenceOf(begin) != "" || openingTag(begin) != "" {
			return at + next
		}
		at += next + 1
	}
}

// closing is the end of the first line after at that closes.
func closing(text string, at int, closes func(line string) bool) int {
	for at < len(text) {
		line := firstLine(text[at+1:])
		at += 1 + len(line)
		if closes(line) {
			return at
		}
	}
	return len(text)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// fenceOf is the fence that a line opens, "" if it opens none.
func fenceOf(line string) string {
	line = strings.TrimSpace(line)
	for _, fence := range []string{"```", "~~~", `"""`, "'''"} {
		if strings.HasPrefix(line, fence) {
			return fence
		}
	}
	return ""
}

// openingTag is the name of the tag that a line begins with, "" if it is none.
func openingTag(line string) string {
	line = strings.TrimLeft(line, " \t")
	if len(line) < 3 || line[0] != '<' {
		return ""
	}
	end := strings.IndexAny(line, " >\t")
	if end < 2 || !strings.Contains(line, ">") {
		return ""
	}
	for i := 1; i < end; i++ {
		if c := line[i]; !isLetter(c) && !isDigit(c) && c != '_' && c != '-' {
			return ""
		}
	}
	return line[1:end]
}

func shapeOf(text string) shape {
	first := firstLine(text)
	switch {
	case fenceOf(first) != "":
		return code
	case openingTag(first) != "":
		return tagged
	case isStep(first), isDialogue(text):
		return steps
	case allFacts(text):
		return facts
	}
	return prose
}

// isStep reports whether a line begins with a number of a list.
func isStep(line string) bool {
	line = strings.TrimLeft(line, " \t")
	n := 0
	for n < len(line) && isDigit(line[n]) {
		n++
	}
	return n > 0 && n < 4 && n+1 < len(line) && (line[n] == '.' || line[n] == ')') && line[n+1] == ' '
}

// allFacts reports whether each line is a label with a value. A heading may
// stand above them.
func allFacts(text string) bool {
	for i, line := range strings.Split(text, "\n") {
		label, value := fact(line)
		heading := i == 0 && strings.Contains(text, "\n") && (isHeading(line) || label != "" && value == "")
		if !heading && (label == "" || value == "") {
			return false
		}
	}
	return true
}

// maxLabel is the length of a label, in bytes: a longer one is a sentence.
const maxLabel = 48

// fact reads "label: value", also as a bullet or in bold; label is "" for other
// lines.
func fact(line string) (label, value string) {
	line = strings.TrimSpace(line)
	for _, bullet := range []string{"- ", "* ", "• "} {
		line = strings.TrimPrefix(line, bullet)
	}
	before, after, found := strings.Cut(line, ":")
	before = strings.Trim(before, "* ")
	if !found || before == "" || len(before) > maxLabel || strings.ContainsAny(before, ".?!,;\"`") ||
		after != "" && after[0] != ' ' && after[0] != '*' {
		return "", ""
	}
	return before, strings.TrimSpace(strings.TrimLeft(after, "*"))
}

// isHeading reports whether a line is a heading of Markdown.
func isHeading(line string) bool {
	trimmed := strings.TrimLeft(line, "#")
	return len(trimmed) < len(line) && strings.HasPrefix(trimmed, " ")
}

// longestSpeaker is the length of the longest of dialogueLabels, with what they are
// put in bold by.
const longestSpeaker = len("**observation**")

// isDialogue reports whether a text has turns of two speakers, as examples do.
func isDialogue(text string) bool {
	speaker := ""
	for line := range strings.SplitSeq(text, "\n") {
		label, _, found := strings.Cut(strings.TrimSpace(line), ":")
		if !found || len(label) > longestSpeaker {
			continue
		}
		if label = squeeze(label); !dialogueLabels[label] || label == speaker {
			continue
		}
		if speaker != "" {
			return true
		}
		speaker = label
	}
	return false
}

// gatherSections makes one block of a heading and the one block of facts that
// it has. A heading over other things stays a block, and so does a title.
func gatherSections(blocks []block) []block {
	out := blocks[:0]
	for i := 0; i < len(blocks); i++ {
		b := blocks[i]
		if i+1 < len(blocks) && isLoneHeading(&b) && !(i == 0 && isTitle(b.text)) && blocks[i+1].shape == facts &&
			(i+2 == len(blocks) || isHeading(firstLine(blocks[i+2].text))) {
			b = joined(b, blocks[i+1], section)
			i++
		}
		out = append(out, b)
	}
	return out
}

// gatherIntroduced makes one block of a paragraph that ends with a colon and
// what it introduces.
func gatherIntroduced(blocks []block) []block {
	out := blocks[:0]
	for i := 0; i < len(blocks); i++ {
		b := blocks[i]
		if i+1 < len(blocks) && b.shape == prose && introduces(b.text) && !strings.Contains(b.text, "\n") {
			b = joined(b, blocks[i+1], blocks[i+1].shape)
			i++
		}
		out = append(out, b)
	}
	return out
}

func joined(a, b block, as shape) block {
	return block{text: a.text + a.gap + b.text, gap: b.gap, shape: as}
}

func isLoneHeading(b *block) bool { return isHeading(b.text) && !strings.Contains(b.text, "\n") }
func isTitle(text string) bool    { return strings.HasPrefix(text, "# ") }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
