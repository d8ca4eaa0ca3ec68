// Anthropic's marks: up to four places at which the provider keeps the prefix,
// by what they are expected to save.

package prefix

import (
	"cmp"
	"hash"
	"hash/fnv"
	"slices"
	"time"
)

// maxMarks is how many marks Anthropic takes (see prices.go for the source).
const maxMarks = 4

// MarkOptions say what is known where marks are set.
type MarkOptions struct {
	Repeats *Repeats // nil: nothing was learned
	Key     string   // namespace and model, for what was learned
	Now     time.Time

	// Tokens counts a text's tokens. Nil takes four bytes for one.
	Tokens func(text string) int
}

// A Breakpoint is a place where a prefix may be kept.
type Breakpoint struct {
	Place  string  // "tools", "system", "messages[2]"
	Tokens int     // of the whole prefix up to it
	Chance float64 // that the prefix comes again while it is kept
	Saving float64 // expected, in input tokens; below 0 it costs
	Set    bool
}

// Marked is what came of Mark.
type Marked struct {
	Body        []byte
	Breakpoints []Breakpoint
	Held        string // why no mark was set, "" if one was
}

// Why no mark is set.
const (
	heldCallers   = "callers_marks" // the caller has set some and knows best
	heldShort     = "too_short"     // no prefix reaches the least length
	heldNoSaving  = "no_saving"     // writing would cost more than reading saves
	heldUnchecked = "check_failed"  // the marked body was not the same prompt
)

// Mark sets cache_control on the blocks of a request to Anthropic's messages
// API. A text that ends with what belongs to this request alone, or begins with
// documents, is cut into two blocks there. A request that has marks of its
// caller's goes out as it came.
func Mark(body []byte, opts MarkOptions) Marked {
	root := parseObject(string(body))
	if root == nil {
		return Marked{Body: body, Held: heldShort}
	}
	if hasMarks(root) {
		return Marked{Body: body, Held: heldCallers}
	}
	m := newMarker(root, opts)
	m.find()
	life, held := m.choose()
	result := Marked{Body: body, Breakpoints: m.breakpoints(), Held: held}
	if held != "" {
		return result
	}
	m.set(life)
	out := root.appendTo(make([]byte, 0, len(body)+256))
	if !samePrompt(body, out) {
		result.Held = heldUnchecked
		return result
	}
	result.Body = out
	return result
}

// A spot is a breakpoint and how to mark it.
type spot struct {
	Breakpoint
	chance chance
	mark   func(control string)
}

// A marker is the marking of one body under way.
type marker struct {
	opts   MarkOptions
	root   *object
	least  int
	prefix hash.Hash64 // of what was read so far
	tokens int         // in it
	spots  []spot
	finish []func() // put lists together again, innermost first
}

func newMarker(root *object, opts MarkOptions) *marker {
	if opts.Tokens == nil {
		opts.Tokens = func(text string) int { return len(text) / 4 }
	}
	m := &marker{opts: opts, root: root, least: LeastTokens(root.text("model")), prefix: fnv.New64a()}
	_, _ = m.prefix.Write([]byte(root.text("model")))
	return m
}

// read takes raw text into the prefix.
func (m *marker) read(raw string) {
	_, _ = m.prefix.Write([]byte(raw))
	m.tokens += m.opts.Tokens(raw)
}

// spot notes a place where the prefix read so far may be kept.
func (m *marker) spot(place string, kind placeKind, mark func(control string)) {
	s := spot{Breakpoint: Breakpoint{Place: place, Tokens: m.tokens}, chance: kind.prior, mark: mark}
	if m.opts.Repeats != nil {
		s.chance = m.opts.Repeats.note(m.opts.Key+"\x00"+kind.name, m.prefix.Sum64(), kind.prior, m.opts.Now)
	}
	m.spots = append(m.spots, s)
}

// A life is how long marks keep a prefix, and what that costs.
type life struct {
	control string
	write   float64
	chance  func(chance) float64
}

var lives = []life{
	{`{"type":"ephemeral"}`, writePrice, func(c chance) float64 { return c.short }},
	{`{"type":"ephemeral","ttl":"1h"}`, writePriceHour, func(c chance) float64 { return c.long }},
}

// choose picks the life and the spots that save most. A spot pays for what it
// adds to the prefix of the one before.
func (m *marker) choose() (life, string) {
	var best life
	var bestSpots []spot
	bestSaving, reached := 0.0, false
	for _, l := range lives {
		spots := slices.Clone(m.spots)
		saving, before := 0.0, 0
		for i := range spots {
			s := &spots[i]
			s.Chance = l.chance(s.chance)
			s.Saving = float64(s.Tokens-before) * (s.Chance*(1-readPrice) - (1-s.Chance)*(l.write-1))
			if s.Tokens*3/2 < m.least { // a mark on too short a prefix costs nothing, and the count is rough
				continue
			}
			reached = true
			if s.Saving > 0 {
				s.Set, before = true, s.Tokens
				saving += s.Saving
			}
		}
		limitMarks(spots)
		if bestSpots == nil || saving > bestSaving {
			best, bestSpots, bestSaving = l, spots, saving
		}
	}
	m.spots = bestSpots
	switch {
	case !reached:
		return best, heldShort
	case bestSaving <= 0:
		return best, heldNoSaving
	}
	return best, ""
}

// limitMarks takes the marks back that save least, until there are few enough.
func limitMarks(spots []spot) {
	var set []*spot
	for i := range spots {
		if spots[i].Set {
			set = append(set, &spots[i])
		}
	}
	slices.SortStableFunc(set, func(a, b *spot) int { return cmp.Compare(b.Saving, a.Saving) })
	for _, s := range set[min(maxMarks, len(set)):] {
		s.Set = false
	}
}

// set writes the marks, and puts the lists that hold them together again.
func (m *marker) set(l life) {
	for _, s := range m.spots {
		if s.Set {
			s.mark(l.control)
		}
	}
	for _, finish := range m.finish {
		finish()
	}
}

func (m *marker) breakpoints() []Breakpoint {
	list := make([]Breakpoint, len(m.spots))
	for i := range m.spots {
		list[i] = m.spots[i].Breakpoint
	}
	return list
}
