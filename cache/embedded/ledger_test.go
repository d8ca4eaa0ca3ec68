package embedded_test

import (
	"errors"
	"testing"
	"time"

	"github.com/askonce/askonce/cache/embedded"
	"github.com/askonce/askonce/migrations"
)

func TestLedgerOutlivesTheProcess(t *testing.T) {
	folder := t.TempDir()
	open := func() *embedded.DB {
		db, err := embedded.Open(embedded.Options{Folder: folder})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := open()
	store := db.Migrations()
	var done []int
	up := func() error {
		return store.Up(t.Context(), migrations.All, "test", func(s migrations.Step) { done = append(done, s.Number) })
	}
	if err := up(); err != nil || len(done) != len(store.Steps) {
		t.Fatalf("first: steps %v, %v", done, err)
	}
	if err := up(); err != nil || len(done) != len(store.Steps) {
		t.Fatalf("again: steps %v, %v; want nothing new", done, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open()
	defer db.Close()
	store = db.Migrations()
	status, err := store.Check(t.Context())
	if err != nil || len(status.Applied) != len(store.Steps) || len(status.Pending) != 0 {
		t.Fatalf("after a restart: %+v, %v", status, err)
	}
	future := migrations.Applied{Number: len(store.Steps) + 1, Name: "from the future", At: time.Now(), By: "99"}
	if err := store.Ledger.Append(t.Context(), future); err != nil {
		t.Fatal(err)
	}
	var newer *migrations.NewerError
	if _, err := store.Check(t.Context()); !errors.As(err, &newer) || newer.Found != future.Number {
		t.Errorf("a store from the future: %v", err)
	}
}
