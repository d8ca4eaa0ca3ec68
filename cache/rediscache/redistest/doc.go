// Package redistest starts real Redis servers for tests: one, a Cluster, or a
// primary with a replica under three Sentinels, on free ports of the loopback,
// and a proxy that breaks connections. It fails a test where redis-server is
// missing, since skipping would hide that nothing was tested.
package redistest
