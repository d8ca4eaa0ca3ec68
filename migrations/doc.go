// Package migrations brings a store's layout up to what the program expects,
// step by step, and remembers in the store itself what was done.
//
// Steps are numbered from 1 without gaps, go forward only, and are idempotent:
// a step that was interrupted, or that two replicas run, ends in the same
// layout. A store's [Ledger] holds the steps applied to it and keeps two
// processes from migrating it at once.
//
// [Store.Check] tells what is applied and what is missing, and fails with a
// [*NewerError] for a store that a newer program has migrated: such a store is
// not touched. [Store.Up] applies what is missing.
//
// The package knows no backend: each offers its Ledger and its steps.
package migrations
