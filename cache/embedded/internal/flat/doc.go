// Package flat is an exact-enough nearest neighbour index in memory.
//
// Every scope is a list of slots in slabs of fixed-point vectors. A small
// scope is scanned whole. A large one is scanned by sign bits first (one bit
// for each component, Hamming distance), and only the nearest few hundred
// points are scored by their vectors. Points that the query's filter refuses
// never take up one of those places.
//
// It does no I/O and keeps no clock: durability, expiry and the choice of
// what to delete belong to the package above it.
//
// Searches take the read lock of one shard for as long as they scan; writers
// take the write lock for one point at a time.
package flat
