package guard_test

import (
	"testing"

	"github.com/askonce/askonce/policy/guard"
)

// pairs are those that a guard must refuse, and as many that none may.
var pairs = map[guard.Guard]struct{ refused, passed [][2]string }{
	guard.Numbers: {
		refused: [][2]string{
			{"How do I run a job every 5 hours?", "How do I run a job every 6 hours?"},
			{"Is Python 3.9 still supported?", "Is Python 3.10 still supported?"},
			{"Convert 20 miles to kilometres", "Convert 30 miles to kilometres"},
			{"Which apps run on iPhone 12?", "Which apps run on iPhone?"},
		},
		passed: [][2]string{
			{"Can I bring 2 bags?", "May I take two bags along?"},
			{"How do I set up 2FA?", "How do I set up two-factor authentication?"},
			{"What happened in 1969?", "1969: what happened?"},
			{"Can children have ibuprofen?", "My daughter is 7 and has a fever, may I give her ibuprofen?"},
		},
	},
	guard.Negation: {
		refused: [][2]string{
			{"Which plants need sun?", "Which plants do not need sun?"},
			{"Recipes with sugar", "Recipes without sugar"},
			{"Do I have to file taxes this year?", "Don't I have to file taxes this year?"},
			{"My letter never arrived", "My letter arrived"},
		},
		passed: [][2]string{
			{"I can't log in", "My login fails every time"},
			{"My screen does not work", "The display of my phone is broken"},
			{"When did, no I mean where did Napoleon die?", "Where did Napoleon die?"},
			{"Where is order no 5?", "Where is order 5?"},
		},
	},
	guard.Opposites: {
		refused: [][2]string{
			{"How do I enable dark mode?", "How do I disable dark mode?"},
			{"Locking my card", "Unlocking my card"},
			{"Sort the list in ascending order", "Sort the list in descending order"},
			{"What does the landlord pay for?", "What does the tenant pay for?"},
		},
		passed: [][2]string{
			{"How do I enable or disable dark mode?", "Disable or enable dark mode, how?"},
			{"Is it better to buy or to sell now?", "Should I sell or buy now?"},
			{"How do I open an account?", "Opening an account, how does that work?"},
			{"Where can I download it?", "Where is the download?"},
		},
	},
	guard.Direction: {
		refused: [][2]string{
			{"Do you deliver from Norway?", "Do you deliver to Norway?"},
			{"Translate this from Greek to Latin", "Translate this from Latin to Greek"},
			{"How do I turn a list into a tuple?", "How do I turn a tuple into a list?"},
			{"Trains from Oslo to Bergen", "Trains from Bergen to Oslo"},
		},
		passed: [][2]string{
			{"Trains from Oslo to Bergen", "Trains to Bergen from Oslo"},
			{"How do I get to the airport?", "What is the way to the airport?"},
			{"I want to switch to the yearly plan", "How can I switch to the yearly plan?"},
			{"How do I move photos from my phone to my laptop?", "Moving photos to a laptop from a phone"},
		},
	},
}

func TestPairs(t *testing.T) {
	for g, list := range pairs {
		for _, p := range list.refused {
			for _, q := range [][2]string{p, {p[1], p[0]}} {
				if refused := guard.All.Compare(guard.Read(q[0]), guard.Read(q[1])); !refused.Has(g) {
					t.Errorf("%s lets %q pass for %q", g, q[0], q[1])
				}
			}
		}
		for _, p := range list.passed {
			for _, q := range [][2]string{p, {p[1], p[0]}} {
				if refused := guard.All.Compare(guard.Read(q[0]), guard.Read(q[1])); refused != guard.None {
					t.Errorf("%s refuses %q for %q", refused, q[0], q[1])
				}
			}
		}
	}
}

func TestATextIsNeverRefusedForItself(t *testing.T) {
	for _, list := range pairs {
		for _, p := range append(list.refused, list.passed...) {
			if refused := guard.All.Compare(guard.Read(p[0]), guard.Read(p[0])); refused != guard.None {
				t.Errorf("%s refuses %q for itself", refused, p[0])
			}
		}
	}
}

func FuzzCompare(f *testing.F) {
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
