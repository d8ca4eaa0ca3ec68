// What a workload is: calls, each with its prompt in two forms.

package workload

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// Workload is what one kind of application asks.
type Workload struct {
	Name    string
	Purpose string // in a sentence
	Calls   []Call // in the order of their times
}

// Call is one call.
type Call struct {
	At      time.Duration // since the workload began
	Written Prompt        // as the application has it
	Hand    Prompt        // the same content, arranged for the prefix cache
}

// Prompt is a prompt in no dialect yet.
type Prompt struct {
	Tools  []Tool
	System []Part
	Turns  []Turn
}

// Part is a piece of a text. The parts of one text are joined by blank lines.
type Part struct {
	Text string
	Keep bool // the author wants the prompt cached up to its end
}

// Turn is one turn. An assistant's turn may call a tool, and the next one holds
// the result.
type Turn struct {
	Role  string // "user", "assistant" or "tool"
	Parts []Part
	Call  *ToolCall
	Keep  bool // of a tool's result or an assistant's turn
}

// ToolCall is a call of a tool and its number in the conversation.
type ToolCall struct {
	ID, Name, Arguments string
}

// Tool is the definition of a tool.
type Tool struct {
	Name, Description, Schema string
}

// All returns the workloads, drawn from seed.
func All(seed uint64) []Workload {
	var list []Workload
	for i, w := range []struct {
		name, purpose string
		draw          func(*author)
	}{
		{"support", "Chats of three help desks, with the time and the customer's name in the system prompt.", support},
		{"rag", "Questions about documents that stand in the same turn.", rag},
		{"agent", "Agents' turns, growing, with their tools in another order each time.", agents},
		{"template", "Templates with their variables in the middle.", templates},
	} {
		a := &author{Rand: rand.New(rand.NewPCG(seed, uint64(i)))}
		w.draw(a)
		slices.SortStableFunc(a.calls, func(a, b Call) int { return cmp.Compare(a.At, b.At) })
		list = append(list, Workload{Name: w.name, Purpose: w.purpose, Calls: a.calls})
	}
	return list
}

// An author draws the calls of a workload.
type author struct {
	*rand.Rand
	calls []Call
}

func (a *author) add(c Call) { a.calls = append(a.calls, c) }

// morning is when workloads begin, for the times in their prompts.
var morning = time.Date(2026, 11, 24, 9, 12, 0, 0, time.UTC)

// Length is how long a workload goes on, with a break that is longer than a
// prefix lives: from breakAt on nobody asks for breakFor.
const (
	Length   = 20 * time.Minute
	breakAt  = 11 * time.Minute
	breakFor = 6 * time.Minute
)

// moments are n times, in order, outside of the break.
func (a *author) moments(n int) []time.Duration {
	list := make([]time.Duration, n)
	for i := range list {
		list[i] = outsideBreak(time.Duration(a.Float64() * float64(Length-breakFor)))
	}
	slices.Sort(list)
	return list
}

// outsideBreak moves a time of the working minutes behind the break.
func outsideBreak(at time.Duration) time.Duration {
	if at >= breakAt {
		at += breakFor
	}
	return at.Round(time.Millisecond)
}

// pick is one of list.
func pick[T any](a *author, list []T) T { return list[a.IntN(len(list))] }

// texts are parts that nobody wants kept.
func texts(list ...string) []Part {
	parts := make([]Part, len(list))
	for i := range list {
		parts[i].Text = list[i]
	}
	return parts
}

// kept are the parts with the last one kept.
func kept(parts []Part) []Part {
	parts[len(parts)-1].Keep = true
	return parts
}

func user(parts ...Part) Turn        { return Turn{Role: "user", Parts: parts} }
func assistant(text string) Turn     { return Turn{Role: "assistant", Parts: texts(text)} }
func keptAssistant(text string) Turn { return Turn{Role: "assistant", Parts: kept(texts(text))} }
