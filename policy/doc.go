// Package policy holds the rules that need no clock, no network and no state:
// which answers may be kept and by which layers they may be served again, and
// what the names and numbers that callers send have to look like.
//
// Every rule is a pure function from views (internal/llm) and values to a
// decision with a reason, so that it can be tested with a table and explained
// on a receipt.
package policy
