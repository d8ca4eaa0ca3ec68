// An explanation as people read it.

package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/askonce/askonce/api"
	"github.com/askonce/askonce/policy/prefix"
)

// palette is the escape sequences of colours (ECMA-48, SGR). The zero value has
// none.
type palette struct{ added, removed, faint, bold, warning, end string }

var coloured = palette{added: "\x1b[32m", removed: "\x1b[31m", faint: "\x1b[2m", bold: "\x1b[1m", warning: "\x1b[33m", end: "\x1b[0m"}

// explanation is an Explanation being printed.
type explanation struct {
	*api.Explanation
	w io.Writer
	palette
}

func (x *explanation) print() {
	fmt.Fprintf(x.w, "%s %s, namespace %s, order %s\n", x.Endpoint, x.Model, x.Namespace, x.Mode)
	x.printDiff()
	x.printMoves("Moved", x.Moves)
	x.printMoves("Left where it is", x.Held)
	x.printMarks()
	x.printPrefix()
	x.printSaving()
	if len(x.Warnings) > 0 {
		x.heading("Mind")
		for _, w := range x.Warnings {
			fmt.Fprintf(x.w, "  %s%s%s\n", x.warning, w, x.end)
		}
	}
}

func (x *explanation) heading(text string) { fmt.Fprintf(x.w, "\n%s%s%s\n", x.bold, text, x.end) }

func (x *explanation) printDiff() {
	if len(x.Diff) == 0 {
		fmt.Fprint(x.w, "\nNothing changes in the prompt.\n")
		return
	}
	for i := range x.Diff {
		x.heading(x.Diff[i].Title())
		for _, line := range x.Diff[i].Shortened() {
			fmt.Fprintf(x.w, "  %s%s│ %s%s\n", x.colourOf(line.Op), line.Op, line.Text, x.end)
		}
	}
}

func (x *explanation) colourOf(op string) string {
	return map[string]string{"+": x.added, "-": x.removed, "…": x.faint, " ": x.faint}[op]
}

// printMoves lists moves with their reasons. Members that were sorted are one
// line: where they stood tells nobody anything.
func (x *explanation) printMoves(title string, moves []api.ExplainedMove) {
	if len(moves) == 0 {
		return
	}
	x.heading(title)
	objects := 0
	for _, m := range moves {
		switch {
		case m.Kind == prefix.Members:
			objects++
		case m.Text == "":
			fmt.Fprintf(x.w, "  %s: %s\n", m.Place, m.Why)
		default:
			fmt.Fprintf(x.w, "  %s: %q %s\n", m.Place, excerpt(m.Text), m.Why)
		}
	}
	if objects > 0 {
		fmt.Fprintf(x.w, "  the members of %d %s: their order means nothing, a stable one is used\n", objects, plural(objects, "object", "objects"))
	}
}

// excerpt is the beginning of a text, on one line.
func excerpt(text string) string {
	const most = 70
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

func plural(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

func (x *explanation) printMarks() {
	if len(x.Marks) == 0 && x.MarksHeld == "" {
		return
	}
	x.heading("Marks (cache_control)")
	if x.MarksHeld != "" {
		fmt.Fprintf(x.w, "  none: %s\n", x.WhyNoMarks())
	}
	for _, m := range x.Marks {
		set := "not set"
		if m.Set {
			set = "set"
		}
		does, tokens := "saves", int64(m.SavingTokens)
		if tokens < 0 {
			does, tokens = "would cost", -tokens
		}
		fmt.Fprintf(x.w, "  %s, %s: some %s tokens, comes again with %.0f %%, %s %s tokens a call\n",
			m.Place, set, grouped(int64(m.Tokens)), 100*m.Chance, does, grouped(tokens))
	}
}

func (x *explanation) printPrefix() {
	x.heading("The same in every request")
	for _, side := range []struct {
		name string
		api.ExplainedPrefix
	}{{"before", x.StablePrefix.Before}, {"after", x.StablePrefix.After}} {
		where := ""
		if side.EndsAt != "" {
			where = " (" + side.EndsAt + ")"
		}
		fmt.Fprintf(x.w, "  %-6s  %s tokens, of which the provider keeps %s; %s%s\n",
			side.name, grouped(int64(side.Tokens)), grouped(int64(side.Kept)), side.Why, where)
	}
}

func (x *explanation) printSaving() {
	x.heading("Expected of each call")
	s, after := x.Saving, x.StablePrefix.After
	switch {
	case s.Tokens == 0 && after.Kept == 0:
		fmt.Fprintf(x.w, "  nothing: the provider keeps none of the %s tokens that stay the same\n", grouped(int64(after.Tokens)))
	case s.Tokens == 0:
		fmt.Fprintf(x.w, "  nothing more than before: %s tokens from the provider's cache either way\n", grouped(int64(after.Kept)))
	case s.USD == nil:
		fmt.Fprintf(x.w, "  %s prompt tokens from the provider's cache instead of anew\n", grouped(int64(s.Tokens)))
	default:
		fmt.Fprintf(x.w, "  %s prompt tokens from the provider's cache instead of anew: %s, or %s in a thousand calls\n",
			grouped(int64(s.Tokens)), usd(*s.USD), usd(1000**s.USD))
	}
	fmt.Fprintln(x.w, "  if")
	for _, a := range s.Assumptions {
		fmt.Fprintf(x.w, "  %s- %s%s\n", x.faint, a, x.end)
	}
}
