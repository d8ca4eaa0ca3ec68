// How far a prompt is the same in other requests, as far as can be told.

package prefix

import (
	"slices"
	"strconv"
	"strings"
)

// Stable is the part that a prompt has in common with other requests of its
// place: what a provider's prefix cache can find again.
type Stable struct {
	Tokens int
	Place  string // where it ends: "messages[0].content"; "" if nothing ends it
	Reason string // why: a volatile text's reason, or one of those below

	// Marked is its part up to the last of Anthropic's marks.
	Marked int
}

// Why a prefix ends that no volatile text ends.
const (
	endsAtLabel    = "label"      // what was moved behind stands there
	endsAtQuestion = "question"   // the user's text, of which nothing is known
	endsAtTurns    = "new_turns"  // what has come since the last request of the conversation
	endsAtUnknown  = "not_common" // it is not understood
)

// StableOf is the stable prefix of a body. Tools come first, then instructions,
// then turns: the order in which providers read them. learned is as in
// [Options]; the prompt counts as seen by it. A conversation that goes on has
// all turns in common with its last request that were there then.
func StableOf(body []byte, learned func(place string) Seen, tokens func(text string) int) Stable {
	if tokens == nil {
		tokens = fourBytes
	}
	s := &stable{learned: learned, tokens: tokens}
	root := parseObject(string(body))
	if root == nil {
		return s.Stable
	}
	if tools := root.member("tools"); tools != nil {
		for _, tool := range parseArray(tools.raw) {
			s.read(tool)
			s.mark(tool)
		}
	}
	for _, name := range []string{"system", "instructions"} {
		if m := root.member(name); m != nil {
			s.content(m.raw, slot{place: name, learns: true})
		}
	}
	for _, name := range []string{"messages", "input"} {
		if m := root.member(name); m != nil {
			s.turns(m.raw, name)
		}
	}
	return s.Stable
}

// fourBytes counts tokens without a tokenizer.
func fourBytes(text string) int { return len(text) / 4 }

// stable is the reading of one body under way.
type stable struct {
	Stable
	learned func(place string) Seen
	tokens  func(text string) int
}

func (s *stable) read(text string) {
	if s.Reason == "" {
		s.Tokens += s.tokens(text)
	}
}

// mark notes a mark on what was read last.
func (s *stable) mark(raw string) {
	if s.Reason == "" && parseObject(raw).member(cacheControl) != nil {
		s.Marked = s.Tokens
	}
}

func (s *stable) end(place, reason string) {
	if s.Reason == "" {
		s.Place, s.Reason = place, reason
	}
}

// turns reads a conversation up to what is new in it.
func (s *stable) turns(raw, name string) {
	if isString(raw) {
		s.text(stringOf(raw), slot{place: name, learns: true, asks: true})
		return
	}
	list := parseArray(raw)
	since := sinceLastRequest(list)
	leading := true
	for i := range list {
		place := name + "[" + strconv.Itoa(i) + "]"
		turn := parseObject(list[i])
		content := turn.member("content")
		role := turn.text("role")
		switch {
		case i == since:
			s.end(place, endsAtTurns)
			return
		case turn == nil:
			s.end(place, endsAtUnknown)
			return
		case content == nil:
			s.read(list[i])
		case !leading:
			for _, block := range blocksOf(content.raw) {
				s.read(block)
				s.mark(block)
			}
		default:
			s.content(content.raw, slot{place: place + ".content", learns: true, asks: role == "user" && since < 0})
		}
		leading = leading && (role == "system" || role == "developer")
	}
}

// sinceLastRequest is the first turn that the last request of a conversation did
// not have: the last answer; -1 if there is none.
func sinceLastRequest(turns []string) int {
	for i, turn := range slices.Backward(turns) {
		if o := parseObject(turn); o.text("role") == "assistant" || o.text("type") == "function_call" {
			return i
		}
	}
	return -1
}

// content reads a message's content.
func (s *stable) content(raw string, at slot) {
	if isString(raw) {
		s.text(stringOf(raw), at)
		return
	}
	parts := parseArray(raw)
	at.learns = at.learns && len(parts) == 1
	place := at.place
	for i, part := range parts {
		at.place = place + "[" + strconv.Itoa(i) + "].text"
		if text := parseObject(part).textMember(); text != nil {
			s.text(stringOf(text.raw), at)
		} else {
			s.read(part)
		}
		s.mark(part)
	}
}

// text reads a text up to what is another one in each request.
func (s *stable) text(text string, at slot) {
	seen := Seen{}
	if at.learns && s.learned != nil {
		seen = s.learned(at.place)
	}
	known := seen.judge(text)
	if known == nil && at.asks {
		s.end(at.place, endsAtQuestion)
		return
	}
	head, tail := cutLabel(text)
	lead, blocks := split(head)
	until, why := len(head), ""
	if tail != "" {
		why = endsAtLabel
	}
	starts := make([]int, len(blocks))
	at0 := len(lead)
	for i := range blocks {
		starts[i] = at0
		at0 += len(blocks[i].text) + len(blocks[i].gap)
	}
	for _, f := range find(blocks, known) {
		from := starts[f.block] + max(strings.Index(blocks[f.block].text, f.text), 0)
		if from < until {
			until, why = from, f.reason
		}
	}
	s.read(text[:until])
	if why != "" {
		s.end(at.place, why)
	}
}
