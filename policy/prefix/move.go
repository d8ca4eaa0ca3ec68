// Texts without what moved, and with it at their end.

package prefix

import "strings"

// without puts the blocks together again without the findings.
func without(blocks []block, moved []finding) string {
	gone := make(map[int]bool)
	for _, f := range moved {
		if f.whole {
			gone[f.block] = true
			continue
		}
		blocks[f.block].text = cutOut(blocks[f.block].text, f.text)
	}
	var b strings.Builder
	for i := range blocks {
		if gone[i] || strings.TrimSpace(blocks[i].text) == "" {
			continue
		}
		b.WriteString(blocks[i].text)
		b.WriteString(blocks[i].gap)
	}
	return strings.TrimRight(b.String(), "\n ")
}

// cutOut takes a line or a sentence out of a block, with the space that it
// leaves.
func cutOut(text, part string) string {
	i := strings.Index(text, part)
	before, after := text[:i], text[i+len(part):]
	switch {
	case before == "" || strings.HasSuffix(before, "\n"):
		after = strings.TrimPrefix(strings.TrimLeft(after, " "), "\n")
	case strings.HasSuffix(before, " "):
		before = strings.TrimRight(before, " ")
	}
	return strings.TrimRight(before+after, "\n")
}

// under is the label with all that stands under it: what stood there before,
// and what moved now.
func under(tail string, moved []finding) string {
	var b strings.Builder
	b.WriteString("\n\n")
	if tail == "" {
		b.WriteString(Label)
	} else {
		b.WriteString(strings.TrimRight(tail, "\n"))
	}
	for _, f := range moved {
		b.WriteString("\n")
		if strings.Contains(f.text, "\n") {
			b.WriteString("\n") // a block of its own
		}
		b.WriteString(f.text)
	}
	return b.String()
}
