// Package prefix brings what is the same in every prompt before what is not, so
// that a provider's prefix cache finds a longer prefix that it knows. It is
// pure: a request body in, a body and the list of moves out.
//
//	result := prefix.Order(body, prefix.Options{Text: prefix.On, Learned: history.At(place)})
//
// [Mark] then sets Anthropic's cache_control marks where a prefix is likely to
// come again, and [CacheKey] names the prefix for OpenAI's routing.
//
// A rewrite never changes what a prompt says. Text moves only inside its own
// message; roles, the order of turns, tool calls and their results, schemas and
// the caller's own cache_control marks stay where they are. What is not
// understood stays as it came and ends the part that may move.
//
// # Steps
//
// Lossless steps change the order of things that have none: the members of the
// request, of its tools and messages (envelope.go), and the tools (tools.go). A
// tool with a mark keeps its place, and others do not pass it: what the mark
// covers stays the same set.
//
// Text moves are made where the meaning allows it and only reported otherwise.
// A text is split into blocks, which are paragraphs, sections, fenced code and
// tagged blocks (blocks.go). A block, or a sentence that stands for itself, that
// tells a time, an id or a fact of the session goes to the end of its message
// under a label (volatile.go, move.go). Documents go before the question that
// stands in the same turn (documents.go).
//
// # What is volatile
//
// Two witnesses decide. What a text looks like: a clock time, a UUID, "Today is
// …", "User name: …". And what was seen: [History] tells the templates apart that
// texts of a place are made of (learn.go), and counts in how many of the last
// requests of one each line, sentence and label stood (past.go). A date that is
// the same in all of them is stable whatever it looks like. A block, a fact or a
// sentence that is another one each time is volatile, if most of what stands
// around it is not (fresh.go, find.go). What is quoted or tagged goes in one piece;
// documents say what they say and are left alone. Turns after the first are judged
// by looks alone, or a turn could be written differently when the conversation
// has grown, and the prefix would break there.
//
// # What is held
//
// A rewrite of a rewritten body changes nothing. Every word of the input is in
// the output as often, but for the label. Each rewrite is checked (check.go);
// one that fails is discarded, and the body goes out as it came.
package prefix
