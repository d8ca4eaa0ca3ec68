// Blocks that are other ones in each request, as was learned.

package prefix

import "strings"

// fewSentences is the length of what can be taken out of a paragraph, in bytes: more
// than that is a text of its own.
const fewSentences = 400

// maxFormula is the length of what a letter begins and ends with, in bytes.
const maxFormula = 40

// A freshness is how much of a block is another one each time.
type freshness uint8

const (
	little freshness = iota // none, or a part that can be told from the rest
	most                    // so much that taking it out would tear it apart
	all
)

// freshBlocks tells how fresh blocks are; nil if none is. What is enclosed goes
// with its brackets and with what is the same in it, if that is not most of it; a
// letter's formulas go with the letter.
func freshBlocks(blocks []block, known *verdicts) []freshness {
	if known == nil || len(known.varying) == 0 {
		return nil
	}
	fresh := make([]freshness, len(blocks))
	rare, common := make([]int, len(blocks)), make([]int, len(blocks))
	for i := range blocks {
		b := &blocks[i]
		rare[i], common[i] = weigh(b.text, known)
		enclosed := b.shape == tagged || b.shape == code
		switch {
		case rare[i] > 0 && (common[i] == 0 || enclosed && rare[i]*3 >= common[i]):
			fresh[i] = all
		case b.shape == prose && rare[i]-rareFacts(b.text, known) > max(common[i], fewSentences):
			fresh[i] = most
		}
	}
	for i := range blocks {
		formula := blocks[i].shape == prose && common[i] <= maxFormula && !isHeading(blocks[i].text)
		if formula && belongs(blocks[i].text, rare[i] > 0, i > 0 && fresh[i-1] == all, i+1 < len(blocks) && fresh[i+1] == all) {
			fresh[i] = all
		}
	}
	return fresh
}

// belongs reports whether a formula belongs to the letter around it: it closes one
// with a name, opens one ("Dear team,"), or stands within.
func belongs(formula string, signed, after, before bool) bool {
	return after && (before || signed) || before && strings.HasSuffix(formula, ",")
}

// weigh is how many bytes of a block are another one each time, and how many are
// not. A line that introduces the others, and brackets, are neither.
func weigh(text string, known *verdicts) (rare, common int) {
	several := strings.Contains(text, "\n")
	introduced := several && introduces(strings.TrimSpace(firstLine(text))) // and taken as it stands
	for first := true; text != ""; first = false {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case introduced && !first && known.rare(line):
			rare += len(line)
		case known.rare(line):
			r, c := weighSentences(line, known)
			rare, common = rare+r, common+c
		case several && (first && (introduces(line) || isHeading(line)) || isBracket(line)):
		default:
			common += len(line)
		}
	}
	return rare, common
}

// rareFacts is how many of the rare bytes are facts, which can be taken out.
func rareFacts(text string, known *verdicts) (n int) {
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if label, value := fact(line); label != "" && value != "" && known.rare(line) {
			n += len(line)
		}
	}
	return n
}

func weighSentences(line string, known *verdicts) (rare, common int) {
	if !severalSentences(line) {
		return len(line), 0
	}
	for _, s := range sentences(line) {
		if known.rare(strings.TrimSpace(s.text)) {
			rare += len(s.text)
		} else {
			common += len(s.text)
		}
	}
	return rare, common
}
