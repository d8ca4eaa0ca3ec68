package try

import (
	"slices"
	"testing"

	"github.com/askonce/askonce/upstream/simulator"
)

// TestList checks what the list promises about itself.
func TestList(t *testing.T) {
	l, err := load()
	if err != nil {
		t.Fatal(err)
	}
	groups := make(map[string]*Group)
	answers := make(map[string]string)
	wordings := make(map[string]string)
	for i := range l.Groups {
		g := &l.Groups[i]
		if groups[g.ID] != nil || g.ID == "" {
			t.Errorf("group %q: there are two", g.ID)
		}
		groups[g.ID] = g
		if other, twice := answers[g.Answer]; twice || g.Answer == "" {
			t.Errorf("%s has the answer of %s", g.ID, other)
		}
		answers[g.Answer] = g.ID
		if l.Desks[g.Desk] == "" || len(g.Ask) == 0 || len(g.History)%2 != 0 {
			t.Errorf("%s: desk %q, %d wordings, %d earlier turns", g.ID, g.Desk, len(g.Ask), len(g.History))
		}
		for _, text := range g.Ask {
			whole := conversation(g.Desk, append(slices.Clone(g.History), text))
			if other, twice := wordings[whole]; twice {
				t.Errorf("%s and %s ask the same: %q", g.ID, other, text)
			}
			wordings[whole] = g.ID
		}
	}
	for _, g := range groups {
		if g.Near != "" && (groups[g.Near] == nil || groups[g.Near].Desk != g.Desk || g.Near == g.ID) {
			t.Errorf("%s is near %q, which is no other group of its desk", g.ID, g.Near)
		}
	}
}

// TestMixture counts what is asked: every kind often enough to say something.
func TestMixture(t *testing.T) {
	questions, err := Questions()
	if err != nil {
		t.Fatal(err)
	}
	count := make(map[string]int)
	seen := make(map[*Group]bool)
	for _, q := range questions {
		count[string(q.Kind)]++
		if q.Stream {
			count["streamed "+string(q.Kind)]++
		}
		if len(q.Group.History) > 0 {
			count["follow-up"]++
		}
		if q.Kind == First && q.Group.Near != "" {
			count["near miss"]++
		}
		if q.Kind != First && !seen[q.Group] {
			t.Errorf("%s: %q comes before the first wording", q.Group.ID, q.Text)
		}
		seen[q.Group] = true
	}
	for kind, least := range map[string]int{
		"first": 80, "repeat": 40, "rewording": 50, "near miss": 40, "follow-up": 15,
		"streamed first": 20, "streamed repeat": 10, "streamed rewording": 10,
	} {
		if count[kind] < least {
			t.Errorf("%d questions are of the kind %s, %d were wanted", count[kind], kind, least)
		}
	}
	if n := len(questions); n < 190 || n > 210 {
		t.Errorf("%d questions", n)
	}
}

// TestSameOrder: two runs ask the same.
func TestSameOrder(t *testing.T) {
	first, err := Questions()
	if err != nil {
		t.Fatal(err)
	}
	second, err := Questions()
	if err != nil {
		t.Fatal(err)
	}
	for i := range first {
		if first[i].Group.ID != second[i].Group.ID || first[i].Text != second[i].Text || first[i].Stream != second[i].Stream {
			t.Fatalf("question %d is %q and %q", i, first[i].Text, second[i].Text)
		}
	}
}

// TestAnswersFollowTheConversation: the same last turn is answered by what was
// said before.
func TestAnswersFollowTheConversation(t *testing.T) {
	questions, err := Questions()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := Answers()
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range questions {
		asked := simulator.Question{System: q.System, Text: q.Text, Messages: []simulator.Message{{Role: "system", Text: q.System}}}
		for i, text := range q.Group.History {
			asked.Messages = append(asked.Messages, simulator.Message{Role: []string{"user", "assistant"}[i%2], Text: text})
		}
		asked.Messages = append(asked.Messages, simulator.Message{Role: "user", Text: q.Text})
		if got := answer(asked); got != q.Group.Answer {
			t.Errorf("%s: %q got %q", q.Group.ID, q.Text, got)
		}
	}
	if got := answer(simulator.Question{Messages: []simulator.Message{{Role: "user", Text: "?"}}}); got != "I do not know this question." {
		t.Errorf("an unknown question got %q", got)
	}
}
