// Package cache answers requests that were answered before, and remembers the
// answers of those that were not.
//
// [Cache] is the concrete type that holds all logic: keys and scopes, life
// times, thresholds, sealing, coalescing, deadlines, breakers, counters. What
// it stands on are dumb drivers behind small interfaces: a [Store] for entries
// under exact keys, an [Index] for the questions nearest to a new one, an
// [Embedder] for vectors. Contract suites for the drivers are in cachetest.
//
// A passthrough request goes one way through [Cache.Fetch]:
//
//	first-level cache -> store -> a flight for the same key, if one is in the air
//	-> embed once -> nearest in scope -> verdict -> load
//
// The answer of load streams to all who wait for the flight while it is put
// together on the side. It is kept only if it is complete and storable, and
// then it is visible on this replica before its last byte is sent; the durable
// copy follows through a bounded write queue. [Cache.Lookup] and [Cache.Store]
// are the same steps for callers who bring their own answers; Store returns
// when the entry is durable.
//
// A cache that is slow, down or damaged is a counted miss: every remote call
// has a deadline within one budget for the whole request, a breaker keeps
// calls away from a dependency that fails, and the request goes on.
//
// A namespace's threshold has versions, which are bound to the [Judge] whose
// scores they were made for ([Cache.SetThreshold]); [Cache.Samples] scores
// labelled rows for policy/tune, and [Cache.Feedback] takes wrong answers back
// and gathers labels. So do audits, which ask the origin what a hit has answered
// (audit.go), and raise an alarm when too many are wrong (tally.go, alarm.go).
// All of it lives in the store's [Books].
//
// The package does not know HTTP servers, credentials, or any backend.
package cache
