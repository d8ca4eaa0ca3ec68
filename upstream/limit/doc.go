// Package limit is the arithmetic of rate limits: what a provider's rule still
// allows, when it will allow more, and what has to be given back. It has no
// clock, no lock and no I/O; the caller brings the time and keeps others out.
//
// A [Rule] says how one axis is counted: a token bucket, a sliding or a fixed
// window, a day, or calls at a time. A [Subject] is what the rules hold for, a
// deployment or a tenant: several axes that are taken together or not at all.
//
//	grant, verdict := subject.Take(limit.Ask{Want: estimate}, now)
//	if !verdict.OK { ... wait until verdict.At ... }
//	subject.Adjust(grant, word, now)   // what the answer's header tells
//	subject.Settle(grant, real, now)   // what the call used in the end
//
// # What holds
//
// No order of takes, settlements and refunds lets a take through that the
// declared rule forbids. Where exactness would cost memory without bound (a
// sliding window's log), the error is on the side of waiting, and is at most
// 1/128 of the window. A verdict's time is kept: asked again at that time, the
// same amounts fit, unless somebody else took or was charged more in between.
//
// A refund is what the state would be without the refunded amount. For windows
// that is exact. A bucket that may have run full since the grant has already
// given the amount back once, so only the part is refunded of which it is
// certain that it has not.
//
// # Time between here and the provider
//
// A call is counted when it arrives, a little later than it was taken, and not
// always equally much. [Rule.Slack] is how much that may differ. Without it two
// calls that keep the rule here can break it there.
//
// # State
//
// A [State] is a few integers, below 2^53 for limits and windows of practical
// size, so that a script whose only numbers are doubles can hold the same one.
// Its zero value is a limit that was never used.
package limit
