// Package scenario shows what limits do to a client, and what askonce makes of
// them: loads before a simulated provider that enforces limits, played once with
// askonce and once with a naive client, which backs off and does nothing else.
//
// [All] lists the scenarios. [Play] makes a scenario's calls and sums up what
// their callers and the provider have seen ([Figures]); it does not care what
// is asked and how. [Simulate] plays a scenario with this program's own client
// ([upstream.Client], with its limiter, queue and retries as they are) over a
// network in memory. Real processes, a real Redis and other providers are the
// business of the command, which calls Play with what it has started.
//
// # Simulated time
//
// The client's code reads the clock and sets timers, so a clock of this package's
// own would show another program. Scaling (a minute's limit over six seconds)
// would leave out what does not scale: the delays of retries, timeouts, the
// provider's Retry-After. So simulated runs use the bubble of testing/synctest,
// in which the standard library's clock goes on when every goroutine waits: ten
// minutes take seconds, no timer is early or late, and nothing is scaled. It asks
// for a *testing.T, and an empty one will do, outside of tests too. What cannot
// be in a bubble, sockets and processes, has to be played in real time.
//
// # What is measured
//
// The provider is watched from outside ([simulator.Watcher]), by what goes over
// the wire, whoever it is. Each prompt holds a mark of its own, so that it is known
// which try of a call was answered, when it came there, and whether another one
// was answered too. A wait is the time from a call to the arrival of the try that was
// answered. Prompts are made of words that are one token each for the simulator
// and for OpenAI's tokenizers, but the client is not told and estimates them.
//
// # Prompts
//
// The scenario [Prefix] is of another kind: it has no limits, and what it measures
// is what a provider's prefix cache finds of prompts (package workload) as they are
// written, through askonce, and arranged by hand. This package knows nothing of
// how prompts are ordered; the command hands it askonce's own handler ([Gateway]),
// which runs in the bubble as it is.
//
// All that is random is drawn from fixed seeds. Two runs still differ a little,
// since goroutines that are ready at the same time run in no fixed order.
package scenario
