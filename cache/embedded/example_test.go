package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/embedded"
)

func ExampleOpen() {
	folder, err := os.MkdirTemp("", "askonce")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	db, err := embedded.Open(embedded.Options{Folder: folder})
	if err != nil {
		panic(err)
	}
	defer db.Close()

	ctx, now := context.Background(), time.Now()
	entry := cache.Record{
		Key:   cache.Key{1},
		Meta:  cache.Meta{Tenant: "acme", Created: now, Expires: now.Add(time.Hour)},
		Value: []byte("an answer"),
	}
	if err := db.Store().Put(ctx, []cache.Record{entry}); err != nil {
		panic(err)
	}
	found, err := db.Store().Get(ctx, entry.Key)
	fmt.Printf("%s %v\n", found.Value, err)
	_, err = db.Store().Get(ctx, cache.Key{2})
	fmt.Println(errors.Is(err, cache.ErrNotFound))
	// Output:
	// an answer <nil>
	// true
}
