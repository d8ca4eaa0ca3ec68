// Package clustertest starts the program as it runs in production: on Redis
// and Qdrant, alone and as several replicas behind a round robin, with the
// provider simulator as the upstream. Then it takes parts away: a replica that
// is killed, a Redis that hangs, is read-only or full, a Qdrant that is gone.
//
// Redis is the real server, alone, as a Cluster and under Sentinel. Qdrant is
// the peer of cache/qdrantcache/peer. Where one of them is missing, the tests
// fail and say how to install it.
package clustertest
