// Package workload makes the prompts of applications as they are written in the
// field: with times and names where they came to the author's mind. Each call
// comes twice, as it was written and as a careful hand would have written it for
// a provider's prefix cache. Both hold the same content.
//
// [All] returns four workloads. Within one, several applications ask in turn,
// each in its own form: a provider's and a gateway's cache see them mixed. What
// varies (names, ids, forms of dates, questions, documents, the order of tools)
// is drawn from a seed.
package workload
