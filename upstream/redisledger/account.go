// What this replica knows of one subject: what all have used, and what it took
// while it counted alone.

package redisledger

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

// resyncAfter is how long after a call that failed the holds are told again: by
// then it has reached the server, or never will.
const resyncAfter = 2 * time.Second

// account is one subject as seen from here. Times are of this process's clock,
// but for grants of Redis.
type account struct {
	key   string
	axes  []limit.Axis
	rules string // for the script

	// calls is held for writing while something is brought: what is under way
	// at the same time could be counted twice, or not at all.
	calls sync.RWMutex

	mu     sync.Mutex
	epoch  int64 // of the counts in Redis, as last seen; 0 for none
	mirror *limit.Subject
	held   [limit.MaxAxes]int64 // by calls under way that were granted here

	alone  *limit.Subject // the share that is counted by without Redis
	since  *limit.Subject // what was taken by it, and is to be brought
	began  limit.Instant  // when since was empty
	pause  limit.Instant  // to be brought
	resync time.Time      // when to tell the holds again
}

func newAccount(subject, prefix string, axes []limit.Axis) (*account, error) {
	mirror, err := limit.NewSubject(axes)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(subject))
	return &account{
		key: prefix + "{" + hex.EncodeToString(sum[:16]) + "}", axes: axes, rules: encodeRules(axes), mirror: mirror,
	}, nil
}

// granted makes the grant of an answer.
func (a *account) granted(r reply, want limit.Amounts) limit.Grant {
	n := len(a.axes)
	g := limit.Grant{At: limit.Instant(r.own[0]), Amounts: want, Epoch: r.epoch}
	copy(g.Floors[:n], r.own[1:])
	copy(g.Seen[:n], r.own[1+n:])
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mirror.Held(g, &a.held, 1)
	return g
}

// verdict is that of an answer, in time of here.
func (a *account) verdict(r reply) limit.Verdict {
	v := limit.Verdict{OK: r.ok, At: instantIn(r.own[0])}
	if i := r.own[1]; i > 0 {
		v.Axis = a.axes[i-1].Name
	} else if !v.OK && v.At.Known() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.mirror.Pause(v.At)
	}
	return v
}

// learned takes an answer for what all have used. brought says that it was told
// what was taken alone.
func (a *account) learned(r reply, brought bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.epoch != 0 {
		a.epoch = r.epoch
	}
	a.mirror.Raise(r.used, now())
	if brought {
		a.alone = nil
	}
}

// known is the epoch of the counts that were last seen.
func (a *account) known() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.epoch
}

// behind reports whether there is something to be brought.
func (a *account) behind(at time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.alone != nil || a.since != nil || a.pause > 0 || !a.resync.IsZero() && at.After(a.resync)
}

// unsure notes that a call failed, of which Redis may know.
func (a *account) unsure() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.resync = time.Now().Add(resyncAfter)
}

// brought is what Redis is told that it may not know.
type brought struct {
	mirror, since [limit.MaxAxes]limit.State
	held          [limit.MaxAxes]int64
	pause         limit.Instant
	taken         *limit.Subject // what since was made of
	began         limit.Instant
	at            limit.Instant
}

// bringing takes out what has to be brought.
func (a *account) bringing() *brought {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := &brought{held: a.held, pause: a.pause, taken: a.since, began: a.began, at: now()}
	a.mirror.Standings(b.at) // brings it to that time
	states, _ := a.mirror.Save()
	copy(b.mirror[:], states)
	if a.since != nil {
		a.since.Standings(b.at)
		states, _ = a.since.Save()
		copy(b.since[:], states)
	}
	a.since, a.pause, a.resync = nil, 0, time.Time{}
	return b
}

// keep puts back what could not be brought.
func (a *account) keep(b *brought) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pause = max(a.pause, b.pause)
	if b.taken == nil {
		return
	}
	if a.since != nil { // something was taken meanwhile
		states, _ := a.since.Save()
		var used [limit.MaxAxes]int64
		for i, s := range states {
			used[i] = b.since[i].Used + s.Used
		}
		b.taken.Raise(used[:len(states)], now())
	}
	a.since, a.began = b.taken, b.began
}

// share is what is counted by without Redis. It is made when it is needed.
func (a *account) share(replicas int) *limit.Subject {
	if a.alone == nil {
		a.alone = a.mirror.Divided(int64(replicas), a.held[:], now())
	}
	return a.alone
}

func (a *account) takeAlone(ask limit.Ask, replicas int) (limit.Grant, limit.Verdict) {
	a.mu.Lock()
	defer a.mu.Unlock()
	grant, verdict := a.share(replicas).Take(ask, now())
	if !verdict.OK {
		return grant, a.orWhenBack(verdict, ask)
	}
	grant.Epoch = 0
	a.mirror.Held(grant, &a.held, 1)
	a.taken().Charge(ask.Want, grant.At)
	return grant, verdict
}

func (a *account) projectAlone(ahead limit.Amounts, ask limit.Ask, replicas int) limit.Verdict {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.orWhenBack(a.share(replicas).Project(ahead, ask, now()), ask)
}

// orWhenBack lets a call wait for Redis that is above the share and not above
// the limit.
func (a *account) orWhenBack(v limit.Verdict, ask limit.Ask) limit.Verdict {
	if v.At == limit.Never && a.mirror.Project(limit.Amounts{}, ask, now()).At != limit.Never {
		v.At = limit.OnRelease
	}
	return v
}

// taken is what was taken alone. Its limits do not matter.
func (a *account) taken() *limit.Subject {
	if a.since == nil {
		a.since, a.began = a.mirror.Empty(), now()
	}
	return a.since
}

// settled notes that a grant's call has ended.
func (a *account) settled(g limit.Grant, bill pace.Bill, alone bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mirror.Held(g, &a.held, -1)
	if !alone {
		return
	}
	if g.Epoch == 0 && a.since != nil && g.At >= a.began {
		conclude(a.since, g, bill)
	} else if !bill.Unsent {
		a.taken().ChargeRest(g, bill.Used, now())
	}
	switch {
	case a.alone == nil:
	case g.Epoch == 0:
		conclude(a.alone, g, bill)
	default:
		a.alone.Free(g)
	}
}

func conclude(s *limit.Subject, g limit.Grant, bill pace.Bill) {
	if bill.Unsent {
		s.Refund(g, now())
		return
	}
	s.Settle(g, bill.Used, now())
}

// told notes what the provider said.
func (a *account) told(g limit.Grant, word pace.Word, alone bool, replicas int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mirror.Pause(word.Pause)
	for _, w := range word.Axes {
		a.mirror.Adjust(g, limit.Word{Axis: w.Axis, Limit: w.Limit, Remaining: -1}, now())
	}
	if !alone {
		return
	}
	a.pause = max(a.pause, word.Pause)
	share, n := a.share(replicas), int64(replicas)
	share.Pause(word.Pause)
	for _, w := range word.Axes {
		part := limit.Word{Axis: w.Axis, Limit: (w.Limit + n - 1) / n, Remaining: -1, Reset: w.Reset}
		if g.Epoch == 0 && w.Remaining >= 0 {
			part.Remaining = w.Remaining / n
		}
		share.Adjust(g, part, now())
	}
}

func (a *account) standings(r reply) []limit.Standing {
	list := make([]limit.Standing, len(a.axes))
	for i, axis := range a.axes {
		own := r.own[4*i:]
		list[i] = limit.Standing{
			Axis: axis, Limit: own[0], Capacity: own[1], Used: own[2],
			Available: max(own[1]-own[2], 0), Full: instantIn(own[3]),
		}
	}
	return list
}

func (a *account) standingsAlone(replicas int) []limit.Standing {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.share(replicas).Standings(now())
}

// glance is how the subject stands as far as is known here.
func (a *account) glance() []limit.Standing {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.alone != nil {
		return a.alone.Standings(now())
	}
	return a.mirror.Standings(now())
}

// idle reports whether nothing is known that matters.
func (a *account) idle() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.alone == nil && a.since == nil && a.pause == 0 && a.held == [limit.MaxAxes]int64{} && a.mirror.Unused(now())
}

func now() limit.Instant { return limit.At(time.Now()) }
