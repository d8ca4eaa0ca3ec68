// Package upstream calls the provider: one HTTP client with deadlines, pooled
// connections and bounded retries, which hands the provider's answer on as it
// arrives.
//
// A call passes through it like this. [Client.Do] makes the request out of the
// [llm.Call] (request.go), sends it (attempt.go) and looks at what came back
// (retry.go, pure). If that may be retried, the tries are not spent, the retry
// budget (budget.go) grants one and the wait fits into the call's deadline, it
// waits and tries again; otherwise it returns what it has. What is returned is
// the provider's own answer, error answers included: only a call that brought
// no answer is an error, an [llm.CallError] with the status to tell the caller.
//
// # What is retried
//
// Answers with status 408, 409, 429 and 5xx (529 among them), and connections
// that fail before the first byte of an answer. Not 429 when the account's
// quota or spending limit is exhausted: waiting does not help. Never 400, 401,
// 403, 404 and 422, and never after a byte of the answer reached the caller. A
// provider that says x-should-retry: true or false is believed within these
// rules. A provider that was reached and does not begin to answer in time is
// not asked again: it may still be working, and would be paid twice.
//
// The wait is 1 s, doubled with every try, up to a quarter more or less, at
// most 60 s, and never shorter than Retry-After (seconds or an HTTP date) or
// retry-after-ms asks. A provider that asks for more than 60 s, or more than
// the call has left, is not waited for: its answer is returned at once.
//
// When a retry is refused, the answer carries x-should-retry: false, so that
// SDKs, which retry on their own, do not multiply the tries. With
// [Options.MaxTries] 1 retrying is left to the callers and answers go out
// unmarked.
//
// # What is not done
//
// Redirects are not followed and not passed on: they would carry the caller's
// credential and prompt to where the operator did not send them, by this
// client or by the caller's. They are a 502 with the code upstream_redirect.
//
// Bodies are not compressed or decompressed. The provider is asked for
// identity encoding, since compressed streams come in lumps; should it
// compress all the same, bytes and Content-Encoding are passed on together.
package upstream
