// Package budget keeps prompts within a namespace's caps by leaving out
// retrieved chunks, lowest score first.
//
// A chunk is what its caller marked as one, in either of two forms:
//
//   - a content part (an element of a content array) with a number in the member
//     askonce_score. The member is askonce's own: it never goes to a provider and
//     is no part of a key.
//   - a block <chunk score="0.82">…</chunk> in a text, which may have other
//     attributes. The tags are the caller's text and are sent as they are.
//
// Nothing else is ever left out: not a word outside chunks, no message, no tool
// and no tool result. Of a content array at least one part stays, and of a text
// something besides white space, since providers refuse empty ones. What stays,
// stays in its order, byte for byte.
//
// Chunks are looked for in messages, system, input, instructions and prompt: in
// the requests of all endpoints.
package budget
