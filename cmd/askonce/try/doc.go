// Package try asks a running askonce some 200 questions of two help desks and
// counts what the cache did: exact hits, semantic hits, misses, and hits with
// an answer that belongs to another question.
//
// [Questions] is the list, in the order in which it is asked. [Run] asks it,
// one question after the other, in a namespace that nobody used before, and
// judges every answer by its headers: the service names the entry that a
// request was answered from, or will be stored as, so the question that an
// answer was given to is known whatever provider answered. [Answer] is what the
// simulated provider says; with it, texts are compared too.
//
// The list is meant as a fair sample of easy and hard cases and as a
// demonstration. It is too small, and too public, to tune a threshold on.
package try
