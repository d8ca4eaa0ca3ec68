// The ledger of layout steps: the alias and the collection that it names.

package qdrantcache

import (
	"context"

	"github.com/askonce/askonce/migrations"
)

// steps are the layouts, each a collection of its own that the alias moves to.
func (x *Index) steps() []migrations.Step {
	return []migrations.Step{{
		Number: 1, Name: "a collection for each embedder, scope and expiry indexed",
		Apply: x.ready,
	}}
}

// Migrations are the layouts of this embedder's collection. The note of a step
// is the alias itself: it names the collection of the last layout reached.
func (x *Index) Migrations() migrations.Store {
	return migrations.Store{Name: "qdrant", Ledger: (*ledger)(x), Steps: x.steps()}
}

// ledger is an Index as a migrations.Ledger.
type ledger Index

// History returns the layouts up to the one that the alias names. When they
// were reached is not known.
func (l *ledger) History(ctx context.Context) ([]migrations.Applied, error) {
	x := (*Index)(l)
	target, err := x.target(ctx)
	if err != nil || target == "" {
		return nil, err
	}
	var applied []migrations.Applied
	steps := x.steps()
	for number := 1; number <= x.names.layoutOf(target); number++ {
		a := migrations.Applied{Number: number, By: "an unknown version"}
		if number <= len(steps) {
			a.Name = steps[number-1].Name
		}
		applied = append(applied, a)
	}
	return applied, nil
}

// Exclusive runs do: every step can be done by several replicas at once.
func (l *ledger) Exclusive(ctx context.Context, do func(context.Context) error) error { return do(ctx) }

// Append does nothing: the step itself has moved the alias.
func (l *ledger) Append(context.Context, migrations.Applied) error { return nil }
