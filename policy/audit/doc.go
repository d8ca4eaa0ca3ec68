// Package audit holds the rules of audits: some of the hits are asked upstream
// as well, and the fresh answer is held against the one that was served.
//
// # Do two answers say the same?
//
// [Compare] decides what can be decided without a judge who understands: the
// same text is right, other JSON and another short answer are wrong, and of longer
// texts only those are decided that are very near or far apart. What is left is
// undecided, and never counts for or against a threshold. It is an estimate: a
// model asked twice does not say the same, and two long answers can be near and
// contradict each other. Undecided audits are listed for people.
//
// # Do too many differ?
//
// Audited hits are a random sample of those that were served, so their wrong ones
// can be tested against the promise, which is that at most a share e of hits is
// wrong. The test has to hold although it is looked at after every audit, for
// as long as a threshold serves. So it is a bet (Waudby-Smith and Ramdas:
// Estimating means of bounded random variables by betting, 2024): a gambler who
// stakes a part of a capital of 1 on "wrong", at odds that are fair if e of the hits
// are wrong, cannot expect to win while the promise holds. His capital is a nonnegative
// supermartingale then, which ever reaches 1/a with probability a at most
// (Ville, 1939). [Tally.Evidence] is that capital, and an alarm is raised when
// it reaches the inverse of the level.
//
// The capital is shared among gamblers who bet on different shares, and who
// begin at different times: one who begins late has not lost his stake on the
// good times before a drift. A fixed sharing keeps all of the above.
//
// The package reads no clock and does no I/O.
package audit
