// The ledger of this process: a lock for each subject.

package pace

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/askonce/askonce/upstream/limit"
)

// ErrUnknownSubject is returned for a subject that has no rules.
var ErrUnknownSubject = errors.New("pace: unknown subject")

// keptSubjects is how many subjects are kept before those are forgotten of
// which nothing is used: a subject that comes back starts with nothing used.
const keptSubjects = 10_000

// Rules answers with the axes of a subject, and whether there is such a
// subject. One without axes is not limited.
type Rules func(subject string) (axes []limit.Axis, ok bool)

// Local is a Ledger that counts in this process. It is safe for concurrent use.
type Local struct {
	rules Rules

	mu       sync.RWMutex
	subjects map[string]*account
	sweepAt  int // how many subjects there are when the unused are forgotten
}

// account is one subject under its lock.
type account struct {
	mu        sync.Mutex
	subject   *limit.Subject
	forgotten bool // no longer in the ledger
}

// NewLocal returns a ledger that asks rules once for each subject, when it is
// first used.
func NewLocal(rules Rules) *Local {
	return &Local{rules: rules, subjects: make(map[string]*account), sweepAt: keptSubjects}
}

// Take implements [Ledger].
func (l *Local) Take(_ context.Context, subject string, ask limit.Ask) (limit.Grant, limit.Verdict, error) {
	a, err := l.lock(subject)
	if err != nil {
		return limit.Grant{}, limit.Verdict{}, err
	}
	defer a.mu.Unlock()
	grant, verdict := a.subject.Take(ask, now())
	return grant, verdict, nil
}

// Project implements [Ledger].
func (l *Local) Project(_ context.Context, subject string, ahead limit.Amounts, ask limit.Ask) (limit.Verdict, error) {
	a, err := l.lock(subject)
	if err != nil {
		return limit.Verdict{}, err
	}
	defer a.mu.Unlock()
	return a.subject.Project(ahead, ask, now()), nil
}

// Settle implements [Ledger].
func (l *Local) Settle(_ context.Context, subject string, grant limit.Grant, bill Bill) error {
	a, err := l.lock(subject)
	if err != nil {
		return err
	}
	defer a.mu.Unlock()
	if bill.Unsent {
		a.subject.Refund(grant, now())
	} else {
		a.subject.Settle(grant, bill.Used, now())
	}
	return nil
}

// Adjust implements [Ledger].
func (l *Local) Adjust(_ context.Context, subject string, grant limit.Grant, word Word) error {
	a, err := l.lock(subject)
	if err != nil {
		return err
	}
	defer a.mu.Unlock()
	for _, w := range word.Axes {
		a.subject.Adjust(grant, w, now())
	}
	a.subject.Pause(word.Pause)
	return nil
}

// Standings tells how a subject stands.
func (l *Local) Standings(_ context.Context, subject string) ([]limit.Standing, error) {
	a, err := l.lock(subject)
	if err != nil {
		return nil, err
	}
	defer a.mu.Unlock()
	return a.subject.Standings(now()), nil
}

// Subjects are those that are in use, or were of late.
func (l *Local) Subjects() []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Sorted(maps.Keys(l.subjects))
}

// lock returns the subject's account, locked.
func (l *Local) lock(subject string) (*account, error) {
	for {
		l.mu.RLock()
		a := l.subjects[subject]
		l.mu.RUnlock()
		if a == nil {
			var err error
			if a, err = l.open(subject); err != nil {
				return nil, err
			}
		}
		a.mu.Lock()
		if !a.forgotten {
			return a, nil
		}
		a.mu.Unlock()
	}
}

// open begins an account, unless somebody else just did.
func (l *Local) open(subject string) (*account, error) {
	axes, ok := l.rules(subject)
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrUnknownSubject, subject)
	}
	s, err := limit.NewSubject(axes)
	if err != nil {
		return nil, fmt.Errorf("pace: %s: %w", subject, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.subjects[subject]; a != nil {
		return a, nil
	}
	if len(l.subjects) >= l.sweepAt {
		l.sweep()
	}
	a := &account{subject: s}
	l.subjects[subject] = a
	return a, nil
}

// sweep forgets the unused subjects. The next one comes when as many have been
// added as are left, so that its cost is spread over them.
func (l *Local) sweep() {
	at := now()
	for name, a := range l.subjects {
		a.mu.Lock()
		if a.subject.Unused(at) {
			a.forgotten = true
			delete(l.subjects, name)
		}
		a.mu.Unlock()
	}
	l.sweepAt = max(keptSubjects, 2*len(l.subjects))
}

func now() limit.Instant { return limit.At(time.Now()) }
