// Package llm holds the wire formats of LLM APIs as read-only views over raw
// JSON: OpenAI's chat completions, completions, embeddings and responses, and
// Anthropic's messages.
//
// A request body is checked once (RFC 8259 syntax, no duplicate member names,
// valid UTF-8) and read in one pass into a [Request]: what the cache keys and
// scopes are made of, what the policies decide on, and nothing else. The body
// itself is never changed or encoded again; where an upstream needs a field
// that the caller did not send, a copy is made ([Request.UpstreamBody]).
//
// A request's [Request.Scope] is a digest of its canonical document, in which
// the query text is a hole; its [Request.Key] is a digest of the scope and the
// query text. fields.go and places.go list what the document leaves out, canonical.go
// how it is written, and the goldens in testdata pin both: changing one makes every
// stored entry unreachable, and is a migration.
//
// An answer comes as one JSON document or as a stream of server-sent events.
// [Assembler] turns the second into the first while the bytes pass by, and
// [AppendStream] turns the first into the second, so that one stored document
// serves both kinds of callers.
//
// The package knows nothing of tenants, caches, limits or transports and
// imports nothing of askonce.
package llm
