// Which blocks, lines and sentences of a text are volatile, and what keeps them
// where they are.

package prefix

import "strings"

// The reasons that are not looks.
const (
	reasonLearned = "learned"
	reasonSession = "session_fact"
)

// find lists what is volatile, in the order of the text.
func find(blocks []block, known *verdicts) []finding {
	var list []finding
	fresh := freshBlocks(blocks, known)
	refer := references{blocks: blocks}
	for i := range blocks {
		var found []finding
		switch {
		case isDocument(&blocks[i]) && len(blocks[i].text) >= minDocument: // says what it says, whenever that was
			continue
		case fresh != nil && fresh[i] == all:
			found = []finding{{text: blocks[i].text, whole: true, reason: reasonLearned}}
		case fresh != nil && fresh[i] == most:
			found = fixed(blocks[i].text, known, heldStructure)
		default:
			found = inBlock(&blocks[i], known)
		}
		for _, f := range found {
			f.block = i
			if f.held == "" {
				f.held = heldByOthers(blocks, f, &refer)
			}
			list = append(list, f)
		}
	}
	return list
}

// heldByOthers is why other blocks keep a text where it is.
func heldByOthers(blocks []block, f finding, refer *references) string {
	switch {
	case f.reason == reasonLearned && (introduces(f.text) || refer.to(f)):
		return heldPositions
	case f.block > 0 && isLoneHeading(&blocks[f.block-1]) && !(f.block == 1 && isTitle(blocks[0].text)) && f.reason != reasonLearned:
		return heldHeading
	case f.whole && blocks[f.block].shape != facts && f.block+1 < len(blocks) && refersBack(blocks[f.block+1].text):
		return heldReferred
	}
	return ""
}

// inBlock lists what is volatile in one block.
func inBlock(b *block, known *verdicts) []finding {
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

func introduces(line string) bool { return strings.HasSuffix(line, ":") }

// isBracket reports whether a line only opens or closes what stands around it.
func isBracket(line string) bool {
	return fenceOf(line) != "" || openingTag(line) != "" || strings.HasPrefix(line, "</")
}

// inFacts lists the volatile facts of a block. Those that are explained by a
// heading go with it, if it is one of a session or they are most of what it has.
func inFacts(b *block, known *verdicts) []finding {
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
func factFinding(line string, known *verdicts) (finding, bool) {
	label, value := fact(line)
	seen, judged := known.of(strings.TrimSpace(line))
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
func inTagged(b *block, known *verdicts) []finding {
	if sessionTags[squeeze(openingTag(firstLine(b.text)))] && !allCommon(b.text, known) {
		return []finding{{text: b.text, whole: true, reason: reasonSession}}
	}
	return fixed(b.text, known, heldStructure)
}

func allCommon(text string, known *verdicts) bool {
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" && !known.common(line) {
			return false
		}
	}
	return true
}

// inProse lists the facts and sentences that may go, and the lines that hold
// something volatile and may not.
func inProse(b *block, known *verdicts) []finding {
	var list []finding
	before := ""
	for rest := b.text; rest != ""; {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		list = append(list, inLine(line, before, firstLine(rest), known)...)
		before = strings.TrimSpace(line)
	}
	return list
}

// inLine lists what is volatile in a line that stands between two others.
func inLine(line, before, after string, known *verdicts) []finding {
	trimmed := strings.TrimSpace(line)
	seen, judged := known.of(trimmed)
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
	isNew := judged && seen.rare()
	var list []finding
	rest := line
	for _, s := range sentences(line) {
		if f, ok := s.finding(isNew); ok {
			list = append(list, f)
			rest = strings.Replace(rest, s.text, "", 1)
		} else if isNew && known.rare(strings.TrimSpace(s.text)) && standsAlone(&s, line, before, after) {
			list = append(list, finding{text: s.text, reason: reasonLearned})
			rest = strings.Replace(rest, s.text, "", 1)
		}
	}
	why := looks(rest)
	if why == "" && isNew && hasRare(rest, known) {
		why = reasonLearned
	}
	if why != "" {
		list = append(list, finding{text: trimmed, reason: why, held: heldMidSentence})
	}
	return list
}

// hasRare reports whether what is left of a line has a sentence that is another
// one each time.
func hasRare(rest string, known *verdicts) bool {
	for _, s := range sentences(rest) {
		if text := strings.TrimSpace(s.text); text != "" && known.rare(text) {
			return true
		}
	}
	return false
}

// standsAlone reports whether a sentence of a line is one for certain, refers to
// nothing before it and is referred to by nothing behind it.
func standsAlone(s *sentence, line, before, after string) bool {
	trimmed, text := strings.TrimSpace(line), strings.TrimSpace(s.text)
	switch {
	case s.unclear || !endsSentence(text) || refersBack(text) || refersBack(s.next):
		return false
	case strings.HasPrefix(trimmed, text): // the line before may go on here
		return (before == "" || endsSentence(before)) && !isItem(trimmed)
	case strings.HasSuffix(trimmed, text):
		return !refersBack(after)
	}
	return true
}

func endsSentence(text string) bool {
	return text != "" && strings.IndexByte(".!?", text[len(text)-1]) >= 0
}

// isItem reports whether a line is one of a list.
func isItem(line string) bool {
	return isStep(line) || strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "* ") || strings.HasPrefix(line, "• ") || isHeading(line)
}

// fixed lists the first volatile line of a block that is not taken apart.
func fixed(text string, known *verdicts, held string) []finding {
	for line := range strings.SplitSeq(text, "\n") {
		seen, judged := known.of(strings.TrimSpace(line))
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
