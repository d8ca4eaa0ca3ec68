// Anthropic's prefix cache: a prefix is kept where a block holds a mark.

package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// The rules of https://docs.claude.com/en/docs/build-with-claude/prompt-caching,
// 2026-11.
const (
	cacheControl = "cache_control"
	maxMarks     = 4
	lookback     = 20 // blocks that are compared for each mark, its own the first
)

// leastMarked are the least lengths of a prefix in tokens, by a part of the
// model's name; the first that matches counts.
var leastMarked = []struct {
	name   string
	tokens int
}{
	{"opus-4-5", 4096}, {"opus-4-6", 4096}, {"opus-4-7", 4096}, {"haiku-4-5", 4096},
	{"sonnet-4-6", 2048}, {"haiku-3", 2048}, {"3-5-haiku", 2048}, {"3-haiku", 2048}, {"opus-5", 512},
}

func leastOf(model string) int {
	for _, m := range leastMarked {
		if strings.Contains(model, m.name) {
			return m.tokens
		}
	}
	return 1024
}

// blockEnd is where a block ends, and so where a prefix may.
type blockEnd struct {
	digest  uint64
	tokens  int
	control gjson.Result // its mark
	kind    string
	empty   bool          // a text of nothing
	life    time.Duration // 0: no mark
}

// end ends a block.
func (t *trail) end(block gjson.Result) {
	kind, text := block.Get("type").Str, block.Get("text")
	t.blocks = append(t.blocks, blockEnd{
		digest: t.sum.Sum64(), tokens: t.tokens, control: block.Get(cacheControl), kind: kind,
		empty: kind == "text" && text.Str == "",
	})
}

// endAll checks the marks. One of the request's own is one of its last block.
func (t *trail) endAll(own gjson.Result) *apiError {
	if own.IsObject() && len(t.blocks) > 0 {
		last := &t.blocks[len(t.blocks)-1]
		if !last.control.IsObject() {
			last.control = own
		}
	}
	marks, shorter := 0, false
	for i := range t.blocks {
		b := &t.blocks[i]
		if !b.control.Exists() || b.control.Type == gjson.Null {
			continue
		}
		marks++
		if problem := b.readMark(); problem != "" {
			return invalid(cacheControl, "", cacheControl+": "+problem)
		}
		if b.life > shortLife && shorter {
			return invalid(cacheControl, "", cacheControl+": one with ttl '1h' stands behind one with '5m'.")
		}
		shorter = shorter || b.life == shortLife
	}
	if marks > maxMarks {
		return invalid(cacheControl, "", fmt.Sprintf("%s: at most %d blocks may have one, and %d do.", cacheControl, maxMarks, marks))
	}
	return nil
}

// readMark reads a block's mark, or tells what is wrong with it.
func (b *blockEnd) readMark() string {
	switch ttl := b.control.Get("ttl").String(); {
	case b.control.Get("type").Str != "ephemeral":
		return "its type is not 'ephemeral'."
	case b.kind == "thinking" || b.kind == "redacted_thinking":
		return "a block of thinking takes none."
	case b.empty:
		return "an empty text takes none."
	case ttl == "" || ttl == "5m":
		b.life = shortLife
	case ttl == "1h":
		b.life = hourLife
	default:
		return "its ttl is neither '5m' nor '1h'."
	}
	return ""
}

// mark finds the longest prefix that is held at a mark or shortly before one,
// and notes the marked ones to be kept.
func (p *prefixes) mark(owner prefixOwner, t *trail, now time.Time) cached {
	p.mu.Lock()
	defer p.mu.Unlock()
	var c cached
	for i, end := range slices.Backward(t.blocks) {
		if end.life > 0 && c.read == 0 {
			c.read = p.before(owner, t.blocks[max(i+1-lookback, 0):i+1], &c, now)
		}
	}
	least := leastOf(owner.account.model)
	for _, end := range t.blocks {
		switch {
		case end.life == 0 || end.tokens < least:
		case end.tokens <= c.read:
			c.used = append(c.used, end.digest)
		case end.life == hourLife:
			c.kept = append(c.kept, kept{end.digest, end.life})
			c.written = end.tokens - c.read
			c.writtenHourly = c.written
		default:
			c.kept = append(c.kept, kept{end.digest, end.life})
			c.written = end.tokens - c.read
		}
	}
	return c
}

// before is the length of the longest prefix that is held at one of blocks.
func (p *prefixes) before(owner prefixOwner, blocks []blockEnd, c *cached, now time.Time) int {
	for _, end := range slices.Backward(blocks) {
		if p.holds(owner, end.digest, now) {
			c.used = append(c.used, end.digest)
			return end.tokens
		}
	}
	return 0
}
