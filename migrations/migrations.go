package migrations

import (
	"context"
	"fmt"
	"time"
)

// Step is one numbered change of a store's layout.
type Step struct {
	Number int
	Name   string // a few words, such as "tenant index"

	// Manual steps take long or want a decision: only `askonce migrate up`
	// applies them. The others are applied when the service starts.
	Manual bool

	// Apply changes the layout. It is idempotent and reads and writes the
	// layout of the step before. Nil for a step that only marks a layout.
	Apply func(ctx context.Context) error
}

// Applied is a step that was done to a store.
type Applied struct {
	Number int       `json:"number"`
	Name   string    `json:"name"`
	At     time.Time `json:"at"`
	By     string    `json:"by"` // the program's version
}

// Ledger is what a store remembers of its steps. Errors other than the
// context's mean that the store could not be asked.
type Ledger interface {
	// History returns the steps applied, by number; none for a new store.
	History(ctx context.Context) ([]Applied, error)

	// Exclusive runs do while no other process does the same on this store,
	// and waits for its turn until ctx ends.
	Exclusive(ctx context.Context, do func(context.Context) error) error

	// Append notes a step, durably. Noting it again changes nothing.
	Append(ctx context.Context, step Applied) error
}

// Store is one store to migrate: its name for messages, its ledger, its steps.
type Store struct {
	Name   string
	Ledger Ledger
	Steps  []Step
}

// Status is where a store stands.
type Status struct {
	Store   string    `json:"store"`
	Applied []Applied `json:"applied"`
	Pending []Step    `json:"-"`
}

// NewerError refuses a store that was migrated further than this program
// knows: an older program would read it wrongly.
type NewerError struct {
	Store        string
	Found, Known int    // numbers of the last steps
	By           string // the program that went further
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("the %s store is at step %d (by askonce %s), this program knows %d: use that version or a newer one",
		e.Store, e.Found, e.By, e.Known)
}

// Check tells what is applied and what is pending. The error is a *NewerError,
// or the ledger's.
func (s Store) Check(ctx context.Context) (Status, error) {
	history, err := s.Ledger.History(ctx)
	if err != nil {
		return Status{Store: s.Name}, fmt.Errorf("%s store: read the ledger: %w", s.Name, err)
	}
	status := Status{Store: s.Name, Applied: history}
	done := make(map[int]bool, len(history))
	for _, a := range history {
		if a.Number > len(s.Steps) {
			return status, &NewerError{Store: s.Name, Found: a.Number, Known: len(s.Steps), By: a.By}
		}
		done[a.Number] = true
	}
	for _, step := range s.Steps {
		if !done[step.Number] {
			status.Pending = append(status.Pending, step)
		}
	}
	return status, nil
}

// Scope says which pending steps Up applies.
type Scope int

// The scopes.
const (
	Automatic Scope = iota // up to the first manual step: what a start may do
	All
)

// Up applies the pending steps within scope, in order, each noted before the
// next; done is called after each. Another process that migrates the same
// store is waited for, and then there is nothing left to do.
func (s Store) Up(ctx context.Context, scope Scope, program string, done func(Step)) error {
	if err := s.numbered(); err != nil {
		return err
	}
	status, err := s.Check(ctx)
	if err != nil || len(within(scope, status.Pending)) == 0 {
		return err
	}
	return s.Ledger.Exclusive(ctx, func(ctx context.Context) error {
		status, err := s.Check(ctx)
		if err != nil {
			return err
		}
		for _, step := range within(scope, status.Pending) {
			if err := s.apply(ctx, step, program); err != nil {
				return err
			}
			done(step)
		}
		return nil
	})
}

// within are the steps that scope allows.
func within(scope Scope, pending []Step) []Step {
	for i, step := range pending {
		if step.Manual && scope == Automatic {
			return pending[:i]
		}
	}
	return pending
}

func (s Store) apply(ctx context.Context, step Step, program string) error {
	if step.Apply != nil {
		if err := step.Apply(ctx); err != nil {
			return fmt.Errorf("%s store: step %d (%s): %w", s.Name, step.Number, step.Name, err)
		}
	}
	note := Applied{Number: step.Number, Name: step.Name, At: time.Now().UTC().Truncate(time.Second), By: program}
	if err := s.Ledger.Append(ctx, note); err != nil {
		return fmt.Errorf("%s store: note step %d: %w", s.Name, step.Number, err)
	}
	return nil
}

// numbered holds the steps to their numbers: 1 to n, in order.
func (s Store) numbered() error {
	for i, step := range s.Steps {
		if step.Number != i+1 {
			return fmt.Errorf("%s store: step %q has number %d and stands in place %d", s.Name, step.Name, step.Number, i+1)
		}
	}
	return nil
}
