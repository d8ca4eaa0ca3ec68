// Package embedtest is the contract of an embedder as tests: what the cache
// relies on, whatever makes the vectors.
//
// An implementation's test calls [Run] with a [Harness] that opens it.
package embedtest
