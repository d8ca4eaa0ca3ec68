// Text of this request behind text of all requests: which blocks and sentences
// may go, and which stay and why.

package prefix

import (
	"slices"
	"strings"
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
// moved may have kept others where they were, so it looks until nothing moves. A
// cue at the end of the text stays there: the answer continues it.
func (w *writer) volatile(text string, at slot, seen Seen) string {
	known := seen.judge(text)
	whole, cue := text, ""
	text, cue = cutCue(text)
	for {
		ordered := w.pass(text, at, known)
		if ordered == text {
			break
		}
		text = ordered
	}
	if cue != "" && text+cue != whole && !strings.HasPrefix(cue, "\n\n") {
		cue = "\n" + cue
	}
	return text + cue
}

// cutCue cuts a text before its last line if that is a cue, such as "Answer:".
func cutCue(text string) (body, cue string) {
	body = strings.TrimRight(text, "\n ")
	i := strings.LastIndexByte(body, '\n')
	if line := body[i+1:]; i <= 0 || line == Label || len(line) > maxLabel || !introduces(line) {
		return text, ""
	}
	body = strings.TrimRight(body[:i], "\n ")
	return body, text[len(body):]
}

// pass moves what can move now. It reports what is held only if nothing moves.
func (w *writer) pass(text string, at slot, known *verdicts) string {
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
