// Package qdrantcache keeps the semantic index on Qdrant: a [cache.Index] on a
// collection of a server or cluster, over gRPC.
package qdrantcache
