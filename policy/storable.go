package policy

import "github.com/askonce/askonce/internal/llm"

// Keep says how a complete answer may be kept.
type Keep int

// The ways to keep an answer.
const (
	KeepNot   Keep = iota // never
	KeepExact             // for identical requests only
	KeepFull              // for requests that mean the same as well
)

// Storable decides whether an answer with a 2xx status may be kept, and if not
// (or not for both layers), why.
//
// Only regular ends are kept: a choice that ran into the token limit or a
// content filter is an answer that its caller may want to ask again. Tool
// calls act on the conversation they stand in, and signed or encrypted thoughts
// are bound to theirs, so they serve identical requests alone.
func Storable(answer *llm.Response) (Keep, string) {
	if answer.Endpoint == llm.Embeddings {
		return KeepExact, "embeddings"
	}
	if len(answer.FinishReasons) == 0 {
		return KeepNot, "no_choices"
	}
	keep, why := KeepFull, ""
	for _, reason := range answer.FinishReasons {
		switch reason {
		case "stop", "end_turn", "stop_sequence", "completed":
		case "tool_calls", "function_call", "tool_use":
			keep, why = KeepExact, "tool_calls"
		case "":
			return KeepNot, "unfinished"
		default:
			return KeepNot, "finish_reason"
		}
	}
	switch {
	case answer.ToolCalls:
		return KeepExact, "tool_calls"
	case answer.Signed:
		return KeepExact, "signed_thoughts"
	}
	return keep, why
}
