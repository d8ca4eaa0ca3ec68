// Text of this request behind text of all requests: which blocks and sentences
// may go, and which stay and why.

package prefix

import (
	"slices"
	"strings"
	"sync"
)

// Label stands above what was moved to the end of a message.
const Label = "For this request:"

// Why a volatile text stays where it is.
const (
	heldMidSentence = "mid_sentence" // it cannot be taken out of its sentence
	heldStructure   = "structure"    // it stands in code, a numbered list or a tagged block
	heldHeading     = "heading"      // it needs the heading that it stands under
	heldReferred    = "referred_to"  // what follows refers to it
	heldPositions   = "positions"    // the text speaks of what is above or below
	heldUnclear     = "unclear_end"  // where its sentence ends is not certain
	heldNoGain      = "no_gain"      // something volatile that stays stands before it
	heldCue         = "cue"          // the text ends with what the answer continues
)

// A finding is one volatile text.
type finding struct {
	block  int
	text   string // a whole block, a line or a sentence of it
	whole  bool   // the block
	reason string
	held   string
}

// volatile moves what is volatile in text behind the rest, under the label. What
// moved may have kept others where they were, so it looks until nothing moves.
func (w *writer) volatile(text string, at slot, seen Seen) string {
	known := seen.judge(text)
	for {
		ordered := w.pass(text, at, known)
		if ordered == text {
			return text
		}
		text = ordered
	}
}

// pass moves what can move now. It reports what is held only if nothing moves.
func (w *writer) pass(text string, at slot, known verdicts) string {
	head, tail := cutLabel(text)
	lead, blocks := split(head)
	findings := movable(blocks, find(blocks, known))
	moved := slices.DeleteFunc(slices.Clone(findings), func(f finding) bool { return f.held != "" })
	if len(moved) == 0 || w.opts.Text != On {
		w.report(findings, at)
		return text
	}
	w.report(moved, at)
	return lead + without(blocks, moved) + under(tail, moved)
}

// movable leaves those findings out behind which nothing stable comes, and holds
// those that would gain nothing.
func movable(blocks []block, findings []finding) []finding {
	last := lastStable(blocks, findings)
	blocked := false
	var list []finding
	for _, f := range findings {
		switch {
		case f.block > last || f.block == last && f.whole || f.held == "" && endsBlock(blocks, f, last):
			continue
		case blocked && f.held == "":
			f.held = heldNoGain
		}
		blocked = blocked || f.held != "" && f.reason == reasonLearned // looks alone may be wrong
		list = append(list, f)
	}
	return list
}

func (w *writer) report(findings []finding, at slot) {
	for _, f := range findings {
		w.note(w.opts.Text, Move{Kind: Volatile, Place: at.place, Reason: f.reason, Held: f.held, Text: f.text})
	}
}

// cutLabel cuts a text before its label, if it has one.
func cutLabel(text string) (head, tail string) {
	if strings.HasPrefix(text, Label+"\n") {
		return "", text
	}
	if i := strings.LastIndex(text, "\n\n"+Label+"\n"); i >= 0 {
		return text[:i], text[i+2:]
	}
	return text, ""
}

// endsBlock reports whether a part of the last stable block is its end.
func endsBlock(blocks []block, f finding, last int) bool {
	return f.block == last && strings.HasSuffix(strings.TrimRight(blocks[last].text, " "), f.text)
}

// lastStable is the last block of which something stays; -1 if there is none.
func lastStable(blocks []block, findings []finding) int {
	whole := make(map[int]bool)
	for _, f := range findings {
		if f.whole && f.held == "" {
			whole[f.block] = true
		}
	}
	for i := len(blocks) - 1; i >= 0; i-- {
		if !whole[i] {
			return i
		}
	}
	return -1
}

// find lists what is volatile, in the order of the text.
func find(blocks []block, known verdicts) []finding {
	var list []finding
	positions := sync.OnceValue(func() bool { return namesPositions(blocks) }) // all texts are read for it
	for i := range blocks {
		for _, f := range inBlock(&blocks[i], known) {
			f.block = i
			if f.held == "" {
				f.held = heldByOthers(blocks, f, positions)
			}
			list = append(list, f)
		}
	}
	return list
}

// heldByOthers is why other blocks keep a text where it is.
func heldByOthers(blocks []block, f finding, positions func() bool) string {
	switch {
	case f.reason == reasonLearned && positions():
		return heldPositions
	case f.block > 0 && isLoneHeading(&blocks[f.block-1]) && !(f.block == 1 && isTitle(blocks[0].text)) && f.reason != reasonLearned:
		return heldHeading
	case f.whole && blocks[f.block].shape != facts && f.block+1 < len(blocks) && refersBack(blocks[f.block+1].text):
		return heldReferred
	case introduces(strings.TrimSpace(blocks[len(blocks)-1].text)):
		return heldCue
	}
	return ""
}

// The reasons that are not looks.
const (
	reasonLearned = "learned"
	reasonSession = "session_fact"
)

// inBlock lists what is volatile in one block.
func inBlock(b *block, known verdicts) []finding {
	if isNew(b.text, known) {
		return []finding{{text: b.text, whole: true, reason: reasonLearned}}
	}
	switch b.shape {
	case facts, section:
		return inFacts(b, known)
	case tagged:
		return inTagged(b, known)
	case prose:
		return inProse(b, known)
	}
	return fixed(b.text, known, heldStructure)
}

// isNew reports whether all lines of a block are other ones in each request,
// apart from one that introduces them or brackets.
func isNew(text string, known verdicts) bool {
	if known == nil {
		return false
	}
	rare := false
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case known[line].rare():
			rare = true
		case len(lines) > 1 && (i == 0 && (introduces(line) || isHeading(line)) || isBracket(line)):
		default:
			return false
		}
	}
	return rare
}

func introduces(line string) bool { return strings.HasSuffix(line, ":") }

// isBracket reports whether a line only opens or closes what stands around it.
func isBracket(line string) bool {
	return fenceOf(line) != "" || openingTag(line) != "" || strings.HasPrefix(line, "</")
}

// inFacts lists the volatile facts of a block. Those that are explained by a
// heading go with it, if it is one of a session or they are most of what it has.
func inFacts(b *block, known verdicts) []finding {
	var list []finding
	lines := strings.Split(b.text, "\n")
	heading := headed(lines)
	ofSession := heading && sessionHeadings[squeeze(strings.Trim(lines[0], "#: "))]
	count, learned := 0, 0
	for i, line := range lines {
		if strings.TrimSpace(line) == "" || i == 0 && heading {
			continue
		}
		count++
		if f, ok := factFinding(line, known); ok {
			if heading || introduces(strings.TrimSpace(line)) {
				f.held = heldHeading
			}
			if f.reason == reasonLearned {
				learned++
			}
			list = append(list, f)
		}
	}
	if len(list) == count && !heading || heading && (ofSession && len(list) > 0 || learned*2 > count) {
		return []finding{{text: b.text, whole: true, reason: list[0].reason}}
	}
	return list
}

// headed reports whether facts stand under a heading.
func headed(lines []string) bool {
	return len(lines) > 1 && (isHeading(lines[0]) || introduces(strings.TrimSpace(lines[0])))
}

// factFinding tells whether a fact is volatile. A value that is a placeholder
// describes a format.
func factFinding(line string, known verdicts) (finding, bool) {
	label, value := fact(line)
	seen, judged := known[strings.TrimSpace(line)]
	switch {
	case judged && seen.common() || value == "" || strings.ContainsAny(value[:1], "<{[("):
		return finding{}, false
	case judged && seen.rare():
		return finding{text: line, reason: reasonLearned}, true
	}
	if why := looks(value); why != "" {
		return finding{text: line, reason: why}, true
	}
	return finding{text: line, reason: reasonSession}, sessionLabels[squeeze(label)]
}

// inTagged moves the tagged blocks that hold what belongs to a session.
func inTagged(b *block, known verdicts) []finding {
	if sessionTags[squeeze(openingTag(firstLine(b.text)))] && !allCommon(b.text, known) {
		return []finding{{text: b.text, whole: true, reason: reasonSession}}
	}
	return fixed(b.text, known, heldStructure)
}

func allCommon(text string, known verdicts) bool {
	if known == nil {
		return false
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" && !known[line].common() {
			return false
		}
	}
	return true
}

// inProse lists the facts and sentences that may go, and the lines that hold
// something volatile and may not.
func inProse(b *block, known verdicts) []finding {
	var list []finding
	before := ""
	for line := range strings.SplitSeq(b.text, "\n") {
		list = append(list, inLine(line, before, known)...)
		before = strings.TrimSpace(line)
	}
	return list
}

// inLine lists what is volatile in a line that stands behind another one.
func inLine(line, before string, known verdicts) []finding {
	trimmed := strings.TrimSpace(line)
	seen, judged := known[trimmed]
	if judged && seen.common() {
		return nil
	}
	if label, value := fact(line); label != "" && value != "" {
		f, ok := factFinding(line, known)
		switch {
		case !ok:
			return nil
		case introduces(before), introduces(trimmed):
			f.held = heldHeading
		}
		return []finding{f}
	}
	var list []finding
	rest := line
	for _, s := range sentences(line) {
		if f, ok := s.finding(judged && seen.rare()); ok {
			list = append(list, f)
			rest = strings.Replace(rest, s.text, "", 1)
		}
	}
	why := looks(rest)
	if why == "" && judged && seen.rare() && rest == line {
		why = reasonLearned
	}
	if why != "" {
		list = append(list, finding{text: trimmed, reason: why, held: heldMidSentence})
	}
	return list
}

// fixed lists the first volatile line of a block that is not taken apart.
func fixed(text string, known verdicts, held string) []finding {
	for line := range strings.SplitSeq(text, "\n") {
		seen, judged := known[strings.TrimSpace(line)]
		switch {
		case judged && seen.common():
		case judged && seen.rare():
			return []finding{{text: strings.TrimSpace(line), reason: reasonLearned, held: held}}
		case looks(line) != "":
			return []finding{{text: strings.TrimSpace(line), reason: looks(line), held: held}}
		}
	}
	return nil
}
