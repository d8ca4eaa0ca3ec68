package qdrantcache_test

import (
	"testing"

	"github.com/askonce/askonce/migrations"
)

func TestTheAliasIsTheLedger(t *testing.T) {
	x := open(t, options(t))
	store := x.Migrations()
	if err := store.Up(t.Context(), migrations.Automatic, "test", func(migrations.Step) {}); err != nil {
		t.Fatal(err)
	}
	status, err := store.Check(t.Context())
	if err != nil || len(status.Applied) != len(store.Steps) || len(status.Pending) != 0 {
		t.Errorf("status %+v, %v", status, err)
	}
}
