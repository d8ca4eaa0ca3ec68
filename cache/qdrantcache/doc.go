// Package qdrantcache keeps the semantic index on Qdrant: a [cache.Index] on a
// collection of a server or a cluster, over gRPC. Entries themselves are in a
// [cache.Store]; a point whose entry is gone is a miss.
//
// # Collections
//
// Every embedder identity has a collection of its own, because vectors of two
// embedders can't be compared: their cosines mean nothing, and thresholds are
// bound to one of them. An index therefore searches one vector space only, and
// refuses a collection of another one. The names hold a digest of the
// identity, the collection's metadata (Qdrant 1.16 or later) the identity
// itself:
//
//	alias       askonce_<digest>      what all calls name
//	collection  askonce_v1_<digest>   1 is the layout of what is described here
//
// A new layout fills a collection beside the old one and then moves the alias,
// in one step for all replicas of the service. An operator may do the same to
// change what is fixed at creation, such as shards or quantisation, with any
// name and the metadata of the old collection. When the embedder changes, the
// old collection stays until it is removed; it is neither searched nor swept.
//
// # Points
//
// A point's id is the first 16 bytes of the entry's key. The payload holds the
// whole key, which is what a candidate is known by, and is compared with the
// id; scope, text, tags, times in Unix milliseconds, and the identity.
//
// # Search
//
// The scope is a condition of every search, and the tenant in Qdrant's sense
// (is_tenant): its points lie together, and its graph is its own (m = 0,
// payload_m = 16). A graph over all scopes would cost memory and never be
// asked. Scopes below Qdrant's full scan threshold (10 MB of vectors, about
// 6,700 of 384 components) have no graph and are scanned, which is exact.
// Expiry, age and tags have payload indexes without graphs. Quantised vectors
// are searched in memory and twice the candidates rescored with the originals.
//
// Qdrant orders equals as it likes; a few more than K are asked for, and the
// oldest of equals are kept.
//
// # Consistency
//
// Writes wait (wait = true) until they are in the write-ahead log and can be
// found. They survive the end of the server's process; a machine that loses
// power may lose the last seconds that its disk did not have, which only
// another replica of the shard prevents.
//
// Ordering is weak: any replica of a shard takes the write. Medium and strong
// send all writes of a shard through one leader, and stop when it is gone; what
// they give in return is one order of concurrent writes to a point. Here, two
// such writes hold the same question under the same key, so either may win,
// and one that outlives its entry is an orphan that the cache removes when it
// comes upon it.
//
// Reads ask one replica. One that lags behind misses a new point, or finds one
// whose entry is gone: a miss either way, never a wrong answer.
//
// A cluster needs Replicas of at least 2, or a lost node takes its shards'
// points along. WriteConsistency (Qdrant's write_consistency_factor) is how
// many replicas must confirm a write. The default of 1 keeps writes going with
// a single replica left, and a point that only a lost node had is a miss. With
// 3 replicas and a factor of 2, what was acknowledged survives the loss of any
// one node, and writes go on without it. With 2 and 2, writes stop when a node
// does.
//
// # Faults
//
// Open succeeds without a server. Collection, payload indexes and alias are
// made or checked by the first call that reaches it, in the background: the
// call waits until its deadline, the work goes on. The same happens when the
// collection turns out to be gone. Connections come back by themselves, within
// seconds of the server. Every call has a deadline, its context's or the
// options'. See [Open] for what is fatal.
//
// # Expiry
//
// Points that have expired are not found. Each replica of the service removes
// them every few minutes, at moments of its own, with one deletion by filter.
package qdrantcache
