// Agents: turns that grow, and tools that come in another order with every call.

package workload

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"
)

//go:embed texts/coding.txt
var codingRules string

//go:embed texts/analyst.txt
var analystRules string

const (
	agentRuns  = 6 // of each agent
	agentSteps = 9
)

// worker is one agent.
type worker struct {
	rules   string
	tools   []Tool
	tasks   []string
	results []string // of tools, of which each step draws one

	// environment is what the system prompt says of a run.
	environment func(a *author, at time.Duration) string
	first       bool // it stands above the rules
}

func agents(a *author) {
	for _, w := range []worker{coder(), analyst()} {
		for range agentRuns {
			a.work(w)
		}
	}
}

// work is one run: a task, and steps that each call a tool and read its result.
func (a *author) work(w worker) {
	at := a.moments(1)[0]
	environment := w.environment(a, at)
	written := []string{w.rules, environment}
	if w.first {
		written = []string{environment, w.rules}
	}
	sorted := slices.SortedFunc(slices.Values(w.tools), func(a, b Tool) int { return strings.Compare(a.Name, b.Name) })
	turns := []Turn{user(texts(pick(a, w.tasks))...)}
	for step := range agentSteps {
		tools := slices.Clone(w.tools)
		a.Shuffle(len(tools), func(i, j int) { tools[i], tools[j] = tools[j], tools[i] })
		byHand := slices.Clone(turns)
		byHand[len(byHand)-1].Keep = true
		a.add(Call{
			At:      at,
			Written: Prompt{Tools: tools, System: texts(strings.Join(written, "\n\n")), Turns: slices.Clone(turns)},
			Hand:    Prompt{Tools: sorted, System: append(kept(texts(w.rules)), texts(environment)...), Turns: byHand},
		})
		call := &ToolCall{ID: "call_" + a.id(20), Name: pick(a, w.tools).Name, Arguments: fmt.Sprintf(`{"query":"step %d","limit":%d}`, step+1, 10+a.IntN(90))}
		turns = append(turns,
			Turn{Role: "assistant", Parts: texts("I look at this next."), Call: call},
			Turn{Role: "tool", Parts: texts(strings.Repeat(pick(a, w.results)+"\n", 2+a.IntN(6))), Call: call})
		if at = outsideBreak(at + 4*time.Second + time.Duration(a.IntN(12))*time.Second); at > Length {
			return
		}
	}
}

func coder() worker {
	return worker{
		rules: codingRules,
		tools: []Tool{
			{"read_file", "Read a file, or a part of it by lines.", `{"type":"object","properties":{"path":{"type":"string","description":"Path below the repository's root."},"from":{"type":"integer"},"to":{"type":"integer"}},"required":["path"]}`},
			{"write_file", "Write a whole file. Use edit_file for changes to one that exists.", `{"type":"object","properties":{"path":{"type":"string"},"content":{"type":"string"}},"required":["path","content"]}`},
			{"edit_file", "Replace one piece of text in a file; it must occur exactly once.", `{"type":"object","properties":{"path":{"type":"string"},"old":{"type":"string"},"new":{"type":"string"}},"required":["path","old","new"]}`},
			{"search", "Search the repository with a regular expression; answers are lines with their places.", `{"type":"object","properties":{"query":{"type":"string"},"limit":{"type":"integer","default":50},"glob":{"type":"string"}},"required":["query"]}`},
			{"list_files", "List files below a folder.", `{"type":"object","properties":{"folder":{"type":"string"},"depth":{"type":"integer","minimum":1,"maximum":5}},"required":["folder"]}`},
			{"run", "Run a command in a shell, with a limit of time.", `{"type":"object","properties":{"command":{"type":"string"},"timeout_s":{"type":"integer","default":60}},"required":["command"]}`},
			{"fetch", "Fetch a page of documentation.", `{"type":"object","properties":{"url":{"type":"string","format":"uri"}},"required":["url"]}`},
			{"ask", "Ask the person who gave the task one question.", `{"type":"object","properties":{"question":{"type":"string"}},"required":["question"]}`},
			{"plan", "Note what is to be done next, and what is done.", `{"type":"object","properties":{"items":{"type":"array","items":{"type":"object","properties":{"text":{"type":"string"},"done":{"type":"boolean"}}}}},"required":["items"]}`},
		},
		tasks: []string{
			"The export leaves out rows whose name has a comma. Find out why and mend it.", "Add a flag --dry-run to the import command.",
			"TestRetry fails one time in ten. Make it reliable.", "Bring the README in line with the flags that there are now.",
		},
		results: []string{
			"internal/export/csv.go:41: func (w *writer) row(fields []string) error {", "--- PASS: TestImport (0.02s)", "ok  \texample.com/app/internal/export\t0.311s",
			"cmd/app/import.go:77: flags.BoolVar(&opts.Force, \"force\", false, \"overwrite what is there\")",
		},
		environment: func(a *author, at time.Duration) string {
			return "<env>\nWorking directory: /home/" + strings.ToLower(pick(a, firstNames)) + "/app\nPlatform: linux\nToday's date: " +
				clock(at).Format("2006-01-02") + "\nSession: " + a.uuid() + "\n</env>"
		},
	}
}

func analyst() worker {
	return worker{
		rules: analystRules, first: true,
		tools: []Tool{
			{"catalogue", "Find tables by what they hold.", `{"type":"object","properties":{"query":{"type":"string"},"limit":{"type":"integer"}},"required":["query"]}`},
			{"describe", "Tell a table's columns with their types, comments and number of distinct values.", `{"type":"object","properties":{"table":{"type":"string"}},"required":["table"]}`},
			{"query", "Run a query and return at most 200 rows.", `{"type":"object","properties":{"sql":{"type":"string"},"limit":{"type":"integer","maximum":200}},"required":["sql"]}`},
			{"explain", "Tell how a query would be run, and what it would read.", `{"type":"object","properties":{"sql":{"type":"string"}},"required":["sql"]}`},
			{"chart", "Draw a chart of a result.", `{"type":"object","properties":{"kind":{"type":"string","enum":["line","bar","scatter"]},"title":{"type":"string"},"x":{"type":"string"},"y":{"type":"array","items":{"type":"string"}}},"required":["kind","title","x","y"]}`},
			{"glossary", "Look up what a word means in this company.", `{"type":"object","properties":{"word":{"type":"string"}},"required":["word"]}`},
			{"calendar", "Tell holidays, campaigns and outages in a span of days.", `{"type":"object","properties":{"from":{"type":"string","format":"date"},"to":{"type":"string","format":"date"}},"required":["from","to"]}`},
		},
		tasks: []string{
			"How did revenue in Spain do in October against last year?", "Which product is returned most, and is that new?", "Did the newsletter of the 12th change anything?",
		},
		results: []string{
			"orders.country | text | billing country | 31 distinct", "2026-10-05 | 41827.10 | 612", "2026-10-12 | 39914.55 | 588", "sales.refunds joined on order_id; 3 rows per order at most",
		},
		environment: func(a *author, at time.Duration) string {
			return "Current time: " + clock(at).Format(time.RFC3339) + "\nSigned in as: " + a.name() + "\nRequest id: " + a.id(24)
		},
	}
}
