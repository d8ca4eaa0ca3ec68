// Package api is the HTTP side of askonce: the provider's own paths under /v1,
// the cache's REST API under /v1/cache, and what operators ask for.
//
// A request passes through it like this. The route (server.go) wraps every
// handler in one frame (frame.go): a panic becomes a 500, the guard (guard.go)
// keeps browsers' tricks off a loopback listener, the caller is identified
// (identity.go) and his role checked, and afterwards the request is counted
// and logged without prompt, credential or query string. The handlers, one
// file per resource, do the rest:
//
//	passthrough.go  chats, completions, responses, messages: cache.Fetch, then answer.go
//	embeddings.go   one entry per input, one upstream call for those missing
//	relay.go        everything else of the provider, uncached
//	lookup.go, store.go, entries.go, invalidate.go, batch.go   the REST API
//	tune.go, thresholds.go, feedback.go   thresholds with a promise, and the labels behind them
//	health.go, openapi.go   operations and documentation
//
// Directives of a request are read in directives.go, what a response says of
// the cache is written in receipt.go, and errors.go is the one table that
// turns kinds of errors into statuses: in the shape of the provider's errors
// under /v1, as RFC 9457 problems elsewhere.
//
// A byte-identical repeat of a small body is recognised by memo.go, so that it
// needs no JSON work. The package knows no backend, no upstream client and no
// configuration file; see [Options].
package api
