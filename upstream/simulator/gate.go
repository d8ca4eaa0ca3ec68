// The gate before every answer: all limits of a key and model at once, or a 429.

package simulator

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// gate keeps the accounts.
type gate struct {
	limits []Limit
	charge Charge

	mu       sync.Mutex
	accounts map[account]*meters
}

// account is whom limits hold for.
type account struct{ key, model string }

// meters are the limits of one account, in the order of the options.
type meters []*meter

func newGate(limits []Limit, charge Charge) *gate {
	if charge == "" {
		charge = ChargeSettled
	}
	return &gate{limits: limits, charge: charge, accounts: make(map[account]*meters)}
}

// of returns an account's meters. The lock is held.
func (g *gate) of(a account) meters {
	if m, ok := g.accounts[a]; ok {
		return *m
	}
	list := make(meters, len(g.limits))
	for i, l := range g.limits {
		list[i] = &meter{Limit: l}
	}
	g.accounts[a] = &list
	return list
}

// restart forgets all that was counted.
func (g *gate) restart() {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.accounts)
}

// demand is what a call brings: its prompt, and what its output may become.
type demand struct {
	prompt, output int
	bounded        bool // output is the bound that the caller set
}

// amount is what a call wants of a limit when it comes.
func (d demand) amount(u Unit) int64 {
	switch u {
	case Tokens:
		return int64(d.prompt + d.output)
	case InputTokens:
		return int64(d.prompt)
	case OutputTokens:
		return int64(d.output)
	}
	return 1 // a request, a call
}

// used is what a call has used of a limit.
func (u usage) amount(unit Unit) int64 {
	return demand{prompt: u.prompt - u.free, output: u.output}.amount(unit)
}

// admission is a call that was let in.
type admission struct {
	g       *gate
	meters  meters
	entries []*entry
	keeps   bool // what it asked for is not given back
}

// standing is how one limit stood when a call had been counted.
type standing struct {
	Limit
	remaining int64
	reset     time.Duration // until nothing is counted any more
}

// admit lets a call in and counts it, or returns why not. The standings are
// those after it.
func (g *gate) admit(a account, d demand, now time.Time) (*admission, []standing, *limited) {
	if len(g.limits) == 0 {
		return nil, nil, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	list := g.of(a)
	if !d.bounded || g.charge == ChargeUsage {
		d.output = 0
	}
	if refusal := list.refusal(a, d, now); refusal != nil {
		return nil, list.standings(now), refusal
	}
	in := &admission{g: g, meters: list, keeps: g.charge == ChargeMaxTokens}
	for _, m := range list {
		n := d.amount(m.Unit)
		if g.charge == ChargeUsage && m.Unit != Requests && m.Unit != Calls {
			n = 0
		}
		in.entries = append(in.entries, m.add(n, now))
	}
	return in, list.standings(now), nil
}

// refusal is why a call does not fit; nil if it does. Of several limits that of
// the longest wait is named.
func (list meters) refusal(a account, d demand, now time.Time) *limited {
	var worst *limited
	for _, m := range list {
		n := d.amount(m.Unit)
		wait := m.wait(n, now)
		if wait == never {
			return &limited{limit: m.Limit, model: a.model, wants: n, wait: never}
		}
		if wait > 0 && (worst == nil || wait > worst.wait) {
			worst = &limited{limit: m.Limit, model: a.model, wants: n, used: int64(m.count(now)), wait: wait}
		}
	}
	return worst
}

// standings are how the limits stand now.
func (list meters) standings(now time.Time) []standing {
	all := make([]standing, len(list))
	for i, m := range list {
		all[i] = standing{Limit: m.Limit, remaining: max(m.capacity()-ceil(m.count(now)), 0), reset: m.full(now)}
	}
	return all
}

// ceil rounds up what a bucket still counts.
func ceil(f float64) int64 {
	n := int64(f)
	if float64(n) < f-tolerance {
		n++
	}
	return n
}

// settle ends a call that was let in with what it used.
func (in *admission) settle(u usage, now time.Time) {
	if in == nil {
		return
	}
	in.g.mu.Lock()
	defer in.g.mu.Unlock()
	for i, m := range in.meters {
		e := in.entries[i]
		used := u.amount(m.Unit)
		switch {
		case m.Unit == Calls:
			m.remove(e, e.n, now)
		case used > e.n:
			m.add(used-e.n, now)
		case used < e.n && !in.keeps:
			m.remove(e, e.n-used, now)
		}
	}
}

// limited is a refusal by a limit.
type limited struct {
	limit       Limit
	model       string
	wants, used int64
	wait        time.Duration // never if it does not fit at all
}

// error is the refusal as OpenAI words its own kind and code.
func (l *limited) error() *apiError {
	e := &apiError{status: http.StatusTooManyRequests, kind: "tokens", code: "rate_limit_exceeded"}
	if l.limit.Unit == Requests || l.limit.Unit == Calls {
		e.kind = "requests"
	}
	if l.wait == never {
		e.message = fmt.Sprintf("One call for %d of %s is above the limit of %s.", l.wants, l.model, l.limit)
		return e
	}
	e.message = fmt.Sprintf("The limit of %s of %s is reached: %d are counted, the call wants %d. It fits in %s.",
		l.limit, l.model, l.used, l.wants, l.wait.Round(time.Millisecond))
	return e
}
