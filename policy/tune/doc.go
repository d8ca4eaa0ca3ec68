// Package tune turns labelled lookups into a threshold with a promise: the
// loosest one at which hits are right as often as asked, with the confidence
// asked, or how many labels are missing for that.
//
// # What is promised
//
// If the labelled lookups are a random sample of those that will come, then a
// calibration is wrong, that is returns a threshold whose true precision is
// below the target, in at most one of 1/(1-confidence) cases: one of twenty at
// the usual 0.95. The randomness is in the sample and the split, so nothing is
// said about traffic that changes. [CheckPromise] counts how often it is broken
// over fresh calibrations whose truth is known.
//
// # Precision
//
// The sample is split by a seed. The smaller part chooses: which thresholds
// are worth testing, in which order. The held-out part tests them, beginning
// where the smaller part says that the chance is best, then looser and looser,
// until one fails; the last that passed is certified. Each test is at the full
// level delta = 1 - confidence, which is valid for such a fixed sequence (Angelopoulos,
// Bates, Candès, Jordan, Lei: Learn then Test, 2021): to return a threshold that
// is not good enough, the first such one in the sequence must have passed. A
// threshold passes if the lower bound of its precision reaches the target.
//
// For lookups that bound is Clopper and Pearson's (1934): hits at a threshold
// are right or wrong independently, so wrong ones are binomial. It is exact
// and never too low in coverage, whatever the number of hits.
//
// Pairs are not lookups: how many of each kind there are says how they were
// collected. Given positive_rate r, the share of candidates that are right
// where the service is used, the precision at a threshold is
//
//	r TPR / (r TPR + (1 - r) FPR)
//
// TPR and FPR, the shares of right and of wrong pairs at or above it, have
// binomial counts of their own on two independent samples. So a lower bound of
// TPR at level delta/5 and an upper bound of FPR at level d with (1 - delta/5)(1 - d) =
// 1 - delta hold together with probability 1 - delta, and then the precision
// computed of the two, which grows with TPR and falls with FPR, is a lower
// bound. It needs no normal approximation and uses every pair; drawing pairs
// so that their classes stand as r says would be as valid and throws data
// away. FPR gets the larger part of delta since it is what decides.
//
// # Error per request
//
// Wrong answers per request fall monotonically as the threshold rises, so no
// split and no sequence are needed: the threshold is the loosest from which on
// the upper bound stays at or below the target (Bates, Angelopoulos, Lei, Malik,
// Jordan: Distribution-free, risk-controlling prediction sets, 2021). The bound is
// Clopper and Pearson's on wrong hits among all requests, or for pairs (1 - r)
// times that of FPR.
//
// # Scores
//
// Lookups with the same score are served or refused together, so they are one
// block everywhere. A threshold serves scores at or above it. The result does not
// depend on the order of the sample: it is sorted before the seed splits it.
//
// The package reads no clock and does no I/O.
package tune
