// Package eval measures how often hits are right, on labelled pairs of
// questions or on labelled lookups.
//
// It does not decide anything itself: [Pairs] asks cache.Cache.Assess what the
// serving code knows of a pair and cache.Rules.Judge what it would do, and
// [Lookups] fills a cache and looks up in it. Each is done in four variants:
// by the cosine or by the verifier, without guards and with them.
//
// Of a pair, a is the stored question and b the one that is asked.
package eval
