package guard_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askonce/askonce/policy/guard"
)

// pair is two questions, and whether a guard must refuse the one's answer for
// the other. What must pass must pass all guards.
type pair struct {
	line   int
	a, b   string
	refuse bool
}

// pairsOf reads testdata/pairs/NAME.txt: pairs with a bar between them, under
// the line "refuse" or "pass".
func pairsOf(t testing.TB, g guard.Guard) []pair {
	text, err := os.ReadFile(filepath.Join("testdata", "pairs", g.String()+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	var list []pair
	refuse := false
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		a, b, ok := strings.Cut(line, " | ")
		switch {
		case line == "refuse" || line == "pass":
			refuse = line == "refuse"
		case ok:
			list = append(list, pair{i + 1, strings.ReplaceAll(a, `\n`, "\n"), strings.ReplaceAll(b, `\n`, "\n"), refuse})
		default:
			t.Fatalf("%s.txt:%d: no pair", g, i+1)
		}
	}
	return list
}

// each calls check for the pairs of all guards, in both orders.
func each(t testing.TB, check func(g guard.Guard, p pair)) {
	for _, name := range (guard.All &^ guard.Of(guard.Now)).Names() { // which needs an age: see TestAsksNow
		set, err := guard.Parse([]string{name}, guard.None)
		if err != nil {
			t.Fatal(err)
		}
		for g := guard.Guard(0); ; g++ {
			if !set.Has(g) {
				continue
			}
			for _, p := range pairsOf(t, g) {
				check(g, p)
				p.a, p.b = p.b, p.a
				check(g, p)
			}
			break
		}
	}
}

func TestPairs(t *testing.T) {
	each(t, func(g guard.Guard, p pair) {
		refused := guard.All.Compare(guard.Read(p.a), guard.Read(p.b))
		switch {
		case p.refuse && !refused.Has(g):
			t.Errorf("%s.txt:%d: %q passes for %q (refused by %q)", g, p.line, p.a, p.b, refused)
		case !p.refuse && refused != guard.None:
			t.Errorf("%s.txt:%d: %s refuses %q for %q", g, p.line, refused, p.a, p.b)
		}
	})
}

// TestSpellingIsNoDifference: capitals, typographic quotes and apostrophes,
// spaces and a full stop change no verdict from pass to refuse.
func TestSpellingIsNoDifference(t *testing.T) {
	each(t, func(_ guard.Guard, p pair) {
		for _, same := range []string{
			p.a, strings.ReplaceAll(p.a, "'", "’"), strings.ReplaceAll(p.a, " ", "  "), strings.TrimRight(p.a, "?") + ".", "  " + p.a + "\n",
		} {
			if refused := guard.All.Compare(guard.Read(p.a), guard.Read(same)); refused != guard.None {
				t.Errorf("%s refuses %q for %q", refused, same, p.a)
			}
		}
	})
}

func FuzzCompare(f *testing.F) {
	each(f, func(_ guard.Guard, p pair) { f.Add(p.a, p.b) })
	f.Add("No 5 from a to b", "don't enable ’")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := guard.Read(a), guard.Read(b)
		if guard.All.Compare(x, y) != guard.All.Compare(y, x) {
			t.Errorf("not symmetric: %q, %q", a, b)
		}
		if guard.All.Compare(x, x) != guard.None {
			t.Errorf("%q is refused for itself", a)
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	asked, stored := "How do I move the photos of my last holiday from my phone to my laptop?", "Moving holiday photos to a laptop from a phone"
	b.ReportAllocs()
	for b.Loop() {
		guard.All.Compare(guard.Read(asked), guard.Read(stored))
	}
}
