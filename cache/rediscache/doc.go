// Package rediscache keeps entries in Redis, for any number of replicas: one
// server, a primary under Sentinel, or a Cluster. [Store] is a [cache.Store]
// and a [cache.Shared].
//
// # What is where
//
// Every key begins with Options.Prefix, "askonce" unless set:
//
//	askonce:e:ID                  string  an entry: head (times, meta), then the sealed value
//	askonce:i:{TENANT}:a          zset    the tenant's entries, by expiry
//	askonce:i:{TENANT}:n:NAME     zset    those of one namespace
//	askonce:i:{TENANT}:m:NAME     zset    those of one model
//	askonce:i:{TENANT}:t:NAME     zset    those with one tag
//	askonce:i:{TENANT}:due        zset    the tenant's sets, by their first expiry
//	askonce:due                   zset    tenants, by their first expiry
//	askonce:l:ID                  string  a lease: its holder
//	askonce:generation            string  counts deletions
//	askonce:{books}:BOOK          hash    rows of a book: thresholds, labels
//	askonce:{books}:BOOK:r        string  the book's revision
//	askonce:secret                string  what all replicas share
//	askonce:sweeper               string  which replica sweeps at present
//
// ID is an entry's id in hexadecimal; TENANT, NAME and BOOK are digests, so that no
// name can reach outside its place. Channels are askonce:deleted and
// askonce:released.
//
// # Cluster
//
// An entry's key is its own hash slot, so entries spread over the nodes. All
// index sets of a tenant share a slot, which the braces say. Scripts touch
// keys of one slot only. Messages are ordinary PUBLISH, which a Cluster passes
// on to all its nodes, so that it does not matter where a replica listens.
//
// # Writes and the index
//
// An exact hit is one GET. Put writes index members first and entries second,
// so an entry is never without its members. A member is the entry's key and
// the stamp of its Put, and the entry's head holds the same stamp: removing a
// member can never take away that of a later Put. A member without its entry
// (evicted, expired, or the Put died half-way) is not selected, and is removed
// by the selection that meets it, or when its expiry has passed by the sweep
// that one of the replicas runs.
//
// # Eviction
//
// Let Redis bound its memory with maxmemory and maxmemory-policy volatile-lfu
// (or another volatile-…). Entries and leases have a TTL and may go; index
// sets, books, the generation and the secret have none and stay. Under allkeys-… an
// index set may be evicted before its entries: then these are still served
// until they expire, but a selection by that tag does not find them. The Store
// warns of such a policy. An evicted generation makes replicas forget what
// they hold in memory; an evicted secret is made anew. Under noeviction a full
// server refuses writes with [ErrOutOfMemory], while reads and deletions work.
//
// # Deletions
//
// Delete removes entries, then counts the generation up and publishes the keys
// with the new number in one script. What could not be announced is announced
// again until it succeeds. A replica that watches compares numbers, and asks
// for the generation about every 400 ms, so that a lost message, a lost
// connection, a failover or a FLUSHALL is noticed within a second, and answered
// by forgetting everything held in memory. A deletion that Redis itself loses
// in a failover (replication is asynchronous) brings the entry back until it
// expires.
//
// # Rights
//
// A user with these rights will do; in a Cluster it needs +cluster|slots, too.
// With +info the eviction policy can be checked.
//
//	~askonce:* &askonce:* +@read +@write +@connection +@pubsub +@scripting +time -@dangerous
//
// # Faults
//
// Open does not need the server. Calls honour the context's deadline, and
// fail at once while no connection can be made. Each new connection is checked
// for what it leads to, so a server that is too old, a replica, or no Redis at
// all is an error that says so. The go-redis client logs failed connections
// through a logger of its own, which is global: the program decides about it.
package rediscache
