// Package redisledger counts limits in Redis, for all replicas together. [Ledger]
// is a [pace.Ledger].
//
// # What is where
//
//	PREFIX:limit:{ID}        hash  a subject: its epoch and pause, and a field per axis
//	PREFIX:limits:replicas   zset  replicas, by when they were last seen
//	PREFIX:limits:once:NAME  string  what one replica does for all, such as an alert
//
// ID is a digest of the subject's name. All axes of a subject are in one key, so
// in one slot of a Cluster, and one script (subject.lua) takes them together or
// not at all by the server's clock: one round trip for any number of axes. Its
// arithmetic is package limit's. The key of a subject of which nothing is used
// any more expires an hour later, or a day if its provider told a limit.
//
// Times are handed over as distances from now, so that no clock has to agree
// with another.
//
// # Those who wait
//
// When a refused take fits is known as things stand. Another replica may give
// something back before, and nobody is told of that: the verdict names an earlier
// time to ask again, an eighth of the wait ahead, but not less than 250 ms and not
// more than 5 s. That is one question per queue and interval, however many wait
// in it. Calls take turns within a replica; between replicas nobody queues, so
// that a large call on one may be passed by smaller ones on others.
//
// # Calls of a replica that died
//
// What is held until a call ends (concurrency, and axes that count at the end)
// is held per replica. Each replica tells every second that it is there; what
// one holds that has not been seen for ten seconds is dropped, half a minute
// after it took last.
//
// # When Redis does not answer
//
// A call that fails, or takes longer than Options.Timeout, is counted here, in
// the replica's share: each limit divided by the replicas that were last seen,
// beginning with the same share of what all of them had used. After three
// failures in a row Redis is left alone until a probe, every 250 ms, finds it
// again. Nobody sees an error. A call that is larger than the share waits for
// Redis to return.
//
// For that each replica keeps, per subject, a mirror: what all of them have used
// as of its last answer from Redis, and not less. It asks every second about
// what is in use, so that a mirror is no older than that.
//
// Then the replica brings what it took in the meantime, before or with its next
// question. If the counts are lost (the subject's epoch is another: a restart
// without persistence, an eviction, a failover), the first to return puts back
// what its mirror says was used, each later one what is missing to its own, and
// each adds what it took alone. For a second and a half nothing is granted, so
// that all of them can. That errs towards counting too much: refunds of
// calls that were granted in other counts are left out, and what is brought
// twice because an answer was lost counts twice.
//
// What it does not cover: a single replica that cannot reach Redis while others
// can takes its share on top of theirs, up to one part in as many as there are
// replicas. Calls under way when Redis is lost are known to their own replica
// only, so a limit on concurrency can be passed until they end. A limit below
// the number of replicas keeps to its rate, over a longer window.
package redisledger
