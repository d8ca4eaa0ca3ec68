// The ledger: asks Redis, and counts alone where that fails.

package redisledger

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

// Ledger is a [pace.Ledger] in Redis. It is safe for concurrent use.
type Ledger struct {
	opts    Options
	replica string // names this Ledger
	script  *redis.Script
	metrics *metrics
	link    link
	book    book

	end   context.CancelFunc
	ended chan struct{}
}

var _ pace.Ledger = (*Ledger)(nil)

// New checks opts and returns a Ledger. It does not need the server.
func New(opts Options) (*Ledger, error) {
	l, err := newLedger(opts, serverClock)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.end = cancel
	go l.beatOften(ctx)
	return l, nil
}

func newLedger(opts Options, clock string) (*Ledger, error) {
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("redisledger: %w", err)
	}
	opts.setDefaults()
	name := make([]byte, 8)
	rand.Read(name)
	l := &Ledger{
		opts: opts, replica: hex.EncodeToString(name), script: redis.NewScript(clock + subjectScript),
		book: newBook(opts.Rules, opts.Prefix), ended: make(chan struct{}),
	}
	l.link.replicas, l.link.alive = opts.Replicas, "[]"
	var err error
	if l.metrics, err = newMetrics(opts.Registerer, l); err != nil {
		return nil, fmt.Errorf("redisledger: %w", err)
	}
	return l, nil
}

// Close tells the other replicas that this one is gone. What was granted can
// still be settled.
func (l *Ledger) Close() {
	l.end()
	<-l.ended
}

// Take implements [pace.Ledger].
func (l *Ledger) Take(ctx context.Context, subject string, ask limit.Ask) (limit.Grant, limit.Verdict, error) {
	a, err := l.book.open(subject)
	if err != nil {
		return limit.Grant{}, limit.Verdict{}, err
	}
	r, ok := l.ask(ctx, a, request{op: "take", ask: &ask})
	if !ok {
		l.metrics.alone.Inc()
		grant, verdict := a.takeAlone(ask, l.link.count())
		return grant, verdict, nil
	}
	if !r.ok {
		v := a.verdict(r)
		v.At = askAgain(v.At)
		return limit.Grant{}, v, nil
	}
	return a.granted(r, ask.Want), limit.Verdict{OK: true}, nil
}

// Project implements [pace.Ledger].
func (l *Ledger) Project(ctx context.Context, subject string, ahead limit.Amounts, ask limit.Ask) (limit.Verdict, error) {
	a, err := l.book.open(subject)
	if err != nil {
		return limit.Verdict{}, err
	}
	r, ok := l.ask(ctx, a, request{op: "project", ask: &ask, ahead: &ahead})
	if !ok {
		return a.projectAlone(ahead, ask, l.link.count()), nil
	}
	return a.verdict(r), nil
}

// Settle implements [pace.Ledger].
func (l *Ledger) Settle(ctx context.Context, subject string, grant limit.Grant, bill pace.Bill) error {
	a, err := l.book.open(subject)
	if err != nil {
		return err
	}
	_, ok := l.ask(ctx, a, request{op: "settle", grant: &grant, bill: &bill})
	a.settled(grant, bill, !ok)
	return nil
}

// Adjust implements [pace.Ledger].
func (l *Ledger) Adjust(ctx context.Context, subject string, grant limit.Grant, word pace.Word) error {
	a, err := l.book.open(subject)
	if err != nil {
		return err
	}
	_, ok := l.ask(ctx, a, request{op: "adjust", grant: &grant, word: &word})
	a.told(grant, word, !ok, l.link.count())
	return nil
}

// Standings tells how a subject stands: for all replicas, or this one's share
// while it counts alone.
func (l *Ledger) Standings(ctx context.Context, subject string) ([]limit.Standing, error) {
	a, err := l.book.open(subject)
	if err != nil {
		return nil, err
	}
	r, ok := l.ask(ctx, a, request{op: "show"})
	if !ok {
		return a.standingsAlone(l.link.count()), nil
	}
	return a.standings(r), nil
}

// Glance is Standings as of the last answer from Redis, without asking it.
func (l *Ledger) Glance(subject string) ([]limit.Standing, error) {
	a, err := l.book.open(subject)
	if err != nil {
		return nil, err
	}
	return a.glance(), nil
}

// Subjects are those that are in use here, or were of late.
func (l *Ledger) Subjects() []string {
	l.book.mu.RLock()
	defer l.book.mu.RUnlock()
	return slices.Sorted(maps.Keys(l.book.accounts))
}

// Those who wait ask again after an eighth of their wait, since other replicas
// may have given back. In between nothing is lost but that eighth.
const (
	askAgainPart = 8
	askAgainMin  = 250 * time.Millisecond
	askAgainMax  = 5 * time.Second
)

// askAgain is when to ask again for what fits at a time.
func askAgain(at limit.Instant) limit.Instant {
	if at == limit.Never {
		return at
	}
	wait := askAgainMin
	if at.Known() {
		wait = min(max(time.Until(at.Time())/askAgainPart, askAgainMin), askAgainMax)
	}
	return min(at, limit.At(time.Now().Add(wait)))
}

// Once reports whether name has not been asked about within the time, by any
// replica. While Redis does not answer, the asker is not told that it is first.
func (l *Ledger) Once(ctx context.Context, name string, within time.Duration) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, l.opts.Timeout)
	defer cancel()
	_, err := l.opts.Client.SetArgs(ctx, l.opts.Prefix+":limits:once:"+name, "1", redis.SetArgs{Mode: "NX", TTL: within}).Result()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	return err == nil, err
}

// ask asks Redis about a subject, and reports whether it answered. Before the
// first answer after a failure, and when the counts were lost, it brings what
// Redis does not know; nobody else asks about the subject while it does.
func (l *Ledger) ask(ctx context.Context, a *account, req request) (reply, bool) {
	if !l.link.up() {
		return reply{}, false
	}
	if !a.behind(time.Now()) {
		a.calls.RLock()
		r, err := l.send(ctx, a, req, nil)
		a.calls.RUnlock()
		if err == nil && !r.lost {
			return r, true
		}
		if err != nil {
			return reply{}, false
		}
	}
	a.calls.Lock()
	defer a.calls.Unlock()
	b := a.bringing()
	r, err := l.send(ctx, a, req, b)
	if err != nil {
		a.keep(b)
		return reply{}, false
	}
	return r, true
}

// send makes one call. It outlives its caller, since nobody would give back
// what it takes.
func (l *Ledger) send(ctx context.Context, a *account, req request, b *brought) (reply, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.opts.Timeout)
	defer cancel()
	args := l.encode(a, req, b, now())
	list, err := l.script.Run(ctx, l.opts.Client, []string{a.key}, req.op, a.rules, args).Int64Slice()
	var r reply
	if err == nil {
		r, err = a.decode(list)
	}
	if err != nil {
		l.failed(err)
		a.unsure()
		return r, err
	}
	l.link.answered()
	if !r.lost {
		a.learned(r, b != nil)
	}
	return r, nil
}

// book holds the accounts.
type book struct {
	rules  pace.Rules
	prefix string

	mu       sync.RWMutex
	accounts map[string]*account
	sweepAt  int
}

// keptAccounts is how many are kept before the unused ones are forgotten.
const keptAccounts = 10_000

func newBook(rules pace.Rules, prefix string) book {
	return book{rules: rules, prefix: prefix + ":limit:", accounts: make(map[string]*account), sweepAt: keptAccounts}
}

// open returns the subject's account.
func (b *book) open(subject string) (*account, error) {
	b.mu.RLock()
	a := b.accounts[subject]
	b.mu.RUnlock()
	if a != nil {
		return a, nil
	}
	axes, ok := b.rules(subject)
	if !ok {
		return nil, fmt.Errorf("%w: %q", pace.ErrUnknownSubject, subject)
	}
	fresh, err := newAccount(subject, b.prefix, axes)
	if err != nil {
		return nil, fmt.Errorf("redisledger: %s: %w", subject, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if a = b.accounts[subject]; a != nil {
		return a, nil
	}
	if len(b.accounts) >= b.sweepAt {
		b.sweep()
	}
	b.accounts[subject] = fresh
	return fresh, nil
}

// inUse is up to most accounts of which something is used.
func (b *book) inUse(most int) []*account {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var list []*account
	for _, a := range b.accounts {
		if len(list) == most {
			break
		}
		if !a.idle() {
			list = append(list, a)
		}
	}
	return list
}

// sweep forgets accounts that know of nothing. One that is in use at this
// moment loses no more than its mirror.
func (b *book) sweep() {
	for subject, a := range b.accounts {
		if a.idle() {
			delete(b.accounts, subject)
		}
	}
	b.sweepAt = max(keptAccounts, 2*len(b.accounts))
}
