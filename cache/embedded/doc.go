// Package embedded keeps entries and their vectors in one data folder: the
// default backend, without a server.
//
// # What is where
//
// The folder holds one file, askonce.db (go.etcd.io/bbolt, a B+ tree with
// copy-on-write pages):
//
//	about         format version
//	entries       key -> checksum, meta, sealed value
//	entry-expiry  expiry, key -> checksum, size, meta   (Select and the sweeper read this)
//	entry-age     created, key -> nothing               (eviction reads this)
//	identities    embedder identity -> number, dimensions
//	points        number -> key -> checksum, scope, tags, text, fixed-point vector
//	point-expiry  expiry, key, number -> size
//	books         book, row -> checksum, value           (thresholds, labels: never evicted)
//
// Entries stay on disk; reads go through the page cache. The points of the
// identities that are open are also in memory, in an index that is searched
// without I/O. Points of other identities are left alone until they expire or
// their entries are evicted.
//
// # Writes
//
// All writes go through one goroutine that commits what has queued up in one
// transaction with one fsync, and then answers every caller. What was
// acknowledged survives a crash of the process and of the machine.
//
// # Bounds
//
// Live data is bounded in bytes. What is over the bound is evicted in the
// transaction that wrote it, oldest entry first (by its Created), and its
// points with it. Oldest rather than soonest to expire: otherwise a full store
// would drop short-lived entries as soon as they come. A sweeper removes what
// has expired, in small transactions. The file does not shrink; freed pages
// are used again.
//
// # Damage
//
// A file that can't be read is set aside under another name and the store
// starts empty. Every record has a checksum; a record that fails it is an
// error of that call. When the tree itself turns out to be damaged while
// running, the call fails with [ErrDamaged], so do all writes from then on,
// and the next Open sets the file aside. A file from a newer version of the
// program is never touched: see [NewerFormatError].
package embedded
