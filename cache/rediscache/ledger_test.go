package rediscache_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/askonce/askonce/cache/rediscache"
	"github.com/askonce/askonce/cache/rediscache/redistest"
	"github.com/askonce/askonce/migrations"
)

func TestReplicasMigrateOnce(t *testing.T) {
	server := redistest.Start(t)
	var applied atomic.Int64
	steps := []migrations.Step{{Number: 1, Name: "one"}, {Number: 2, Name: "two", Apply: func(context.Context) error {
		applied.Add(1)
		return nil
	}}}
	var group sync.WaitGroup
	for range 4 {
		s := open(t, rediscache.Options{URL: server.URL()})
		group.Go(func() {
			store := migrations.Store{Name: "redis", Ledger: s.Migrations().Ledger, Steps: steps}
			if err := store.Up(t.Context(), migrations.Automatic, "test", func(migrations.Step) {}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := applied.Load(); n != 1 {
		t.Errorf("step 2 was applied %d times", n)
	}
}

func TestANewerRedisIsRefused(t *testing.T) {
	server := redistest.Start(t)
	store := open(t, rediscache.Options{URL: server.URL()}).Migrations()
	up := func() error {
		return store.Up(t.Context(), migrations.Automatic, "test", func(migrations.Step) {})
	}
	if err := up(); err != nil {
		t.Fatal(err)
	}
	if status, err := store.Check(t.Context()); err != nil || len(status.Pending) != 0 || len(status.Applied) != len(store.Steps) {
		t.Fatalf("status %+v, %v", status, err)
	}
	future := migrations.Applied{Number: len(store.Steps) + 1, Name: "later", At: time.Now(), By: "99"}
	if err := store.Ledger.Append(t.Context(), future); err != nil {
		t.Fatal(err)
	}
	var newer *migrations.NewerError
	if err := up(); !errors.As(err, &newer) {
		t.Errorf("error %v, want a NewerError", err)
	}
}

func TestACancelledMigrationGivesItsTurnBack(t *testing.T) {
	server := redistest.Start(t)
	cancelled := open(t, rediscache.Options{URL: server.URL()})
	ctx, die := context.WithCancel(t.Context())
	err := cancelled.Migrations().Ledger.Exclusive(ctx, func(ctx context.Context) error {
		die()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	other := open(t, rediscache.Options{URL: server.URL()})
	had := false
	if err := other.Migrations().Ledger.Exclusive(t.Context(), func(context.Context) error { had = true; return nil }); err != nil || !had {
		t.Errorf("the next one had its turn: %t, %v", had, err)
	}
}
