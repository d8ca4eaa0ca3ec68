// What lanes leave for each other: the lower ones room for the calls that are
// likely to come, the upper ones what the lower are owed.

package pace

import (
	"time"

	"github.com/askonce/askonce/upstream/limit"
)

// recently is how long an interactive call makes another one likely.
const recently = time.Minute

// recent is what interactive calls want, a moving mean.
type recent struct {
	mean [len(limit.Amounts{})]float64
	last time.Time
}

func (r *recent) saw(a limit.Amounts, at time.Time) {
	for u := range a {
		r.mean[u] += (float64(a[u]) - r.mean[u]) / 8
		if r.last.IsZero() {
			r.mean[u] = float64(a[u])
		}
	}
	r.last = at
}

// expected is room for n such calls, nothing if there was none for a while.
func (r *recent) expected(n int, at time.Time) limit.Amounts {
	var a limit.Amounts
	if n <= 0 || r.last.IsZero() || at.Sub(r.last) > recently {
		return a
	}
	for u := range a {
		a[u] = int64(r.mean[u]*float64(n) + 0.5)
	}
	return a
}

// ask is what r asks for while its lane is not due.
func (q *queue) ask(r *Request, at time.Time) limit.Ask {
	ask := limit.Ask{Want: r.Deployment.Amounts, Even: r.Lane == P2}
	if r.Lane > P0 {
		ask.Spare = q.recent.expected(q.opts.Headroom, at)
	}
	for i := r.Lane + 1; i < lanes; i++ {
		if l := &q.lanes[i]; l.owed() {
			ask.Leave = ask.Leave.Plus(l.entitled())
		}
	}
	return ask
}

// pass credits the lanes that r went before. It is how calls age: by what
// passes them.
func (q *queue) pass(r *Request) {
	own := &q.lanes[r.Lane]
	own.credit = [len(own.credit)]float64{}
	for i := r.Lane + 1; i < lanes; i++ {
		l := &q.lanes[i]
		if l.count == 0 {
			continue
		}
		for u, n := range r.Deployment.Amounts {
			l.credit[u] += float64(n) * q.opts.Shares[i]
		}
	}
}

// due reports whether the lane is owed all that w wants. It is owed no more
// than that.
func (l *lane) due(w *waiter) bool {
	due := true
	for u, n := range w.request.Deployment.Amounts {
		l.credit[u] = min(l.credit[u], float64(n))
		due = due && l.credit[u] >= float64(n)
	}
	return due
}

func (l *lane) owed() bool { return l.credit[limit.Calls] > 0 }

// entitled is what the lane is owed.
func (l *lane) entitled() limit.Amounts {
	var a limit.Amounts
	for u := range a {
		a[u] = int64(l.credit[u])
	}
	return a
}
