// The questions and the order in which they are asked.

package try

import (
	"bytes"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/askonce/askonce/upstream/simulator"
)

//go:embed questions.yaml
var document []byte

// Group is a set of requests that deserve the same answer.
type Group struct {
	ID      string   `yaml:"id"`
	Desk    string   `yaml:"desk"`    // names the system text
	Near    string   `yaml:"near"`    // a group that looks alike and has another answer; "" for none
	History []string `yaml:"history"` // earlier turns, user and assistant in turn
	Ask     []string `yaml:"ask"`     // wordings of the last turn; the first is asked first
	Repeat  int      `yaml:"repeat"`  // how often the first wording comes again
	Answer  string   `yaml:"answer"`
}

// Kind says what a question tries.
type Kind string

// The kinds.
const (
	First     Kind = "first"     // nobody asked this before
	Repeat    Kind = "repeat"    // letter by letter as before
	Rewording Kind = "rewording" // the same in other words
)

// Question is one request.
type Question struct {
	Group  *Group
	Kind   Kind
	System string
	Text   string // of the last turn
	Stream bool
}

type list struct {
	Desks  map[string]string `yaml:"desks"`
	Groups []Group           `yaml:"groups"`
}

func load() (*list, error) {
	var l list
	if err := yaml.NewDecoder(bytes.NewReader(document), yaml.Strict()).Decode(&l); err != nil {
		return nil, fmt.Errorf("try: the list of questions: %w", err)
	}
	return &l, nil
}

// Questions returns the list as it is asked, the same every time. Groups are
// mixed as they would be at a real desk; within a group the first wording comes
// first. Every third question is streamed, whatever its kind, so that answers
// stored from a document are replayed as streams and the other way round.
func Questions() ([]Question, error) {
	l, err := load()
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(2, 9))
	var slots []int // group of each question
	ordered := make([][]Question, len(l.Groups))
	for i := range l.Groups {
		group := &l.Groups[i]
		ordered[i] = group.questions(l.Desks[group.Desk], random)
		for range ordered[i] {
			slots = append(slots, i)
		}
	}
	random.Shuffle(len(slots), func(i, j int) { slots[i], slots[j] = slots[j], slots[i] })
	questions := make([]Question, len(slots))
	for at, i := range slots {
		questions[at], ordered[i] = ordered[i][0], ordered[i][1:]
		questions[at].Stream = at%3 == 2
	}
	return questions, nil
}

// questions are the group's: the first wording, then the others and the
// repeats, mixed.
func (g *Group) questions(system string, random *rand.Rand) []Question {
	q := func(kind Kind, text string) Question {
		return Question{Group: g, Kind: kind, System: strings.TrimSpace(system), Text: text}
	}
	all := []Question{q(First, g.Ask[0])}
	for range g.Repeat {
		all = append(all, q(Repeat, g.Ask[0]))
	}
	for _, text := range g.Ask[1:] {
		all = append(all, q(Rewording, text))
	}
	rest := all[1:]
	random.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	return all
}

// Answers returns what the simulated provider says to the questions of the
// list; to anything else it says that it does not know.
func Answers() (func(simulator.Question) string, error) {
	questions, err := Questions()
	if err != nil {
		return nil, err
	}
	answers := make(map[string]string, len(questions))
	for _, q := range questions {
		answers[conversation(q.System, append(q.Group.History[:len(q.Group.History):len(q.Group.History)], q.Text))] = q.Group.Answer
	}
	return func(asked simulator.Question) string {
		var turns []string
		for _, m := range asked.Messages {
			if m.Role == "user" || m.Role == "assistant" {
				turns = append(turns, m.Text)
			}
		}
		if answer, ok := answers[conversation(asked.System, turns)]; ok {
			return answer
		}
		return "I do not know this question."
	}, nil
}

func conversation(system string, turns []string) string {
	return system + "\x00" + strings.Join(turns, "\x00")
}
