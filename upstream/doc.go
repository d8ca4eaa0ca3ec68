// Package upstream calls the providers: it paces calls by the limits of each
// deployment, routes them among the deployments of a model, sends them over
// pooled connections with deadlines and bounded retries, and hands the
// provider's answer on as it arrives.
//
// A call passes through it like this. [Client.Do] finds the deployments that
// its model may go to (router.go) and begins a trip (trip.go). Each try of it
// takes a turn (turn.go): the call's tokens are estimated (package estimate),
// one deployment's limits and the tenant's are reserved, waiting in the queue if
// that is worth it (package pace). The try is sent (dialect.go, request.go,
// attempt.go); what the header says of the limits goes to the limiter (package
// word), and retry.go, which is pure, tells whether another try may follow. If
// so, and the tries are not spent, another deployment is asked at once, or else
// the same one after a wait that the retry budget (budget.go) grants and the
// call's deadline allows. Otherwise what is there is returned: the provider's
// own answer, error answers included. Only a call that brought no answer is an
// error, an [llm.CallError] with the status to tell the caller. While the
// answer's bytes pass, its usage is read from them (answer.go), and when it has
// ended, broken off or been left by its caller, the turn is settled with that.
//
// # Limits
//
// A deployment without limits is not paced, and costs what a plain call does.
// With limits, each try takes its estimate from them before it is sent, and
// gives back what it did not use: all of it if the provider cannot have heard of
// the call; all but one request if it answered with an error; otherwise by the
// usage that the answer reported, or by what passed of an answer that broke off.
// Prompt tokens that the provider read from its own cache count as it counts
// them. What a caller's own credential spends is not the service's account's: it
// has the same limits to itself.
//
// A refusal is an error at once, with a true Retry-After: 503 where a
// deployment's limits leave no room in the time that the call can wait
// (llm.Call.MaxWait, or the lane's default), 429 for its tenant's own, 413 for
// what is above a limit and never fits.
//
// # Routing
//
// Calls of a model are shared among its deployments by weight, by weight and
// what is left of the limits, or in the order of a failover list. Whatever the
// strategy, a call that the best deployment has no room for goes to the next
// that has, and waits for the best only if none has. A deployment that answered
// 429 is passed over until it said to come back, one that failed five times in a
// row until its time for a probe; then one call tries it. Passive deployments
// get a trickle of calls, which keeps their connections open and shows that they
// work. Substitutes, which serve another model, are asked last, and their
// answers are marked.
//
// Failover is a try like any other: only what may be retried goes to another
// deployment, so that no call is answered twice. A deployment with a time of its
// own to begin an answer is given up after it: its operator says that it is dead
// by then.
//
// A credential of the caller's goes only to deployments that take those.
//
// # What is retried
//
// Answers with status 408, 409, 429 and 5xx (529 among them), and connections
// that fail before the first byte of an answer. Not 429 when the account's
// quota or spending limit is exhausted: waiting does not help. Never 400, 401,
// 403, 404 and 422, and never after a byte of the answer reached the caller. A
// provider that says x-should-retry: true or false is believed within these
// rules. A provider that was reached and does not begin to answer in time is
// not asked again, but for the case above: it may still be working, and would be
// paid twice.
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
