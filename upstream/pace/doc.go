// Package pace holds calls back until the limits allow them: it takes what a
// call is estimated to use from its tenant's limits and from its deployment's,
// lets it wait where that is worth it, and settles with what it really used.
//
//	r, err := limiter.Reserve(ctx, request) // a *Refusal if it would wait too long
//	defer r.Cancel()                        // gives all back if nothing was sent
//	... send ...
//	r.Adjust(word)                          // what the answer's header tells
//	r.Settle(used, usedByTenant)            // when the answer has ended, or broke off
//
// The arithmetic is package limit's, and where it is kept is a [Ledger]: [Local]
// keeps it in this process. A request passes through like this. If nobody waits
// who goes before it, it tries at once (limiter.go): the tenant's limits first,
// given back if the deployment refuses. If it cannot have them, the queue of its
// deployment projects when it would (wait.go). If that is later than the caller
// can wait, it is refused at once and told when to come back. Otherwise it waits
// (queue.go), until the pump (pump.go) has taken the limits for it, its deadline passes,
// or its caller leaves.
//
// # Who goes first
//
// Lanes go in their order, P0, P1, P2. What is freed belongs to the first that
// waits, however much it wants: nothing of its own lane or of a lower one slips
// past it, or small calls would starve a large one. Calls of a higher lane do
// pass. A call whose own tenant's limits refuse blocks nobody but that tenant.
//
// Calls age by what passes them: a lane that waits is credited a share of all
// that the lanes above it take ([Options.Shares]). They leave it that much, so
// that it adds up beside them and blocks nobody; when it is enough for the
// lane's next call, that call goes before all others.
//
// Within a lane the tenants take turns by deficit round robin: each turn is good
// for a number of tokens, and what a tenant cannot spend on its next call it
// keeps for its next turn. Estimates are what is spent.
//
// # Room for interactive calls
//
// A provider's window can be used up in its first second. Then an interactive
// call would wait for the rest of it, in whatever lane it is. So P2 is spread
// evenly over windows of up to an hour, at the rate of the limit, and while
// there are interactive calls P1 and P2 leave room for the next few of them
// ([Options.Headroom], at most a quarter of a limit). In a window that room is
// not used by others; in a token bucket it costs nothing.
//
// # Bounds
//
// Each lane of each deployment is bounded in calls and bytes. In a full lane a
// tenant that has less waiting than another takes the place of that one's latest
// call, so that nobody can lock others out.
//
// Waiting costs the caller's own goroutine and an entry in a heap. A queue has
// one timer, and a goroutine only while it tries for somebody.
package pace
