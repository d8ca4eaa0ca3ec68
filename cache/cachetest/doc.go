// Package cachetest holds what every backend of the cache must pass: contract
// suites and benchmarks for [cache.Store] and [cache.Index].
//
// A backend's test calls [TestStore] and [TestIndex] with a function that
// opens an empty backend; every case opens its own. Nothing here controls
// time: cases about expiry use times in the past, and one waits for an expiry
// that is a moment away, because a server's clock can't be set.
package cachetest
