// Which chunks go.

package budget

import (
	"cmp"
	"slices"
	"sort"
)

// Caps are how large a prompt may be; 0 is no cap.
type Caps struct {
	Tokens int64 // of the whole request
	Chunks int   // retrieved
}

// A Fitted prompt is one within its caps, as far as leaving chunks out can
// bring it there.
type Fitted struct {
	Body    []byte // without scores
	Dropped int    // chunks
	Tokens  int64  // of Body; 0 if they were not counted
	Over    bool   // Body is over the cap on tokens all the same
}

// Fit leaves out as few chunks as bring the prompt within caps: those of the
// lowest score, and of equal ones the last. tokens counts those of a body; it
// is asked only where there is a cap on them.
func (p *Prompt) Fit(caps Caps, tokens func(body []byte) int64) Fitted {
	worst := make([]int, len(p.scores))
	for i := range worst {
		worst[i] = i
	}
	slices.SortFunc(worst, func(a, b int) int { return cmp.Or(cmp.Compare(p.scores[a], p.scores[b]), b-a) })
	rank := make([]int, len(worst))
	for i, chunk := range worst {
		rank[chunk] = i
	}
	without := func(n int) Fitted {
		body, dropped := p.render(func(chunk int) bool { return rank[chunk] < n })
		return Fitted{Body: body, Dropped: dropped}
	}
	least := 0
	if caps.Chunks > 0 {
		least = max(0, len(worst)-caps.Chunks)
	}
	if caps.Tokens <= 0 {
		return without(least)
	}
	within := func(n int) Fitted {
		f := without(n)
		f.Tokens = tokens(f.Body)
		f.Over = f.Tokens > caps.Tokens
		return f
	}
	if f := within(least); !f.Over {
		return f
	}
	n := least + 1 + sort.Search(len(worst)-least-1, func(i int) bool { return !within(least + 1 + i).Over })
	return within(min(n, len(worst)))
}
