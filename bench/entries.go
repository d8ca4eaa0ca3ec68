// The size of an entry: on disk, its point included, and on Redis.

package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/embedded"
)

const writers = 64 // store at the same time: writes are committed together

func (b *bench) entries(ctx context.Context) error {
	folder, err := os.MkdirTemp(b.folder, "entries-")
	if err != nil {
		return err
	}
	if err := storeEntries(ctx, folder, b.plan.entries); err != nil {
		return err
	}
	used, err := usedBytes(folder)
	if err != nil {
		return err
	}
	b.report.add("entry_bytes", once(used/float64(b.plan.entries)), "bytes", "disk for an entry with a 2 KB answer, its point included")
	return b.entriesOnRedis(ctx)
}

// storeEntries keeps n answers as the service does, but for the vectors, which
// are drawn instead of computed: their size is the same.
func storeEntries(ctx context.Context, folder string, n int) (err error) {
	db, err := embedded.Open(embedded.Options{Folder: folder})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	index, err := db.Index(identity, dimensions)
	if err != nil {
		return err
	}
	return bring(ctx, cache.Options{Store: db.Store(), Index: index, Embedder: drawnVectors{}}, 0, n)
}

// bring stores n answers through a cache, from the given number on.
func bring(ctx context.Context, opts cache.Options, first, n int, tags ...string) (err error) {
	c, err := cache.New(opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for i := range n {
		group.Go(func() error {
			number := uint64(first + i)
			request := cache.NewPrompt("bench", "", question(number))
			request.Tags = tags
			result, err := c.Store(running, request, cache.Stored{Response: fit(answerFrame, number)})
			if err == nil && opts.Index != nil && result.Semantic != "stored" {
				err = fmt.Errorf("an entry was stored without its point: %s", result.Reason)
			}
			return err
		})
	}
	return group.Wait()
}

// usedBytes is the size of the data file without its free pages.
func usedBytes(folder string) (float64, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.db"))
	if err != nil || len(files) != 1 {
		return 0, errors.Join(err, fmt.Errorf("%d data files in the data folder", len(files)))
	}
	db, err := bbolt.Open(files[0], 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	var size int64
	err = db.View(func(tx *bbolt.Tx) error {
		size = tx.Size()
		return nil
	})
	return float64(size) - float64(db.Stats().FreePageN*db.Info().PageSize), err
}

// drawnVectors embeds a text as a vector drawn from its hash.
type drawnVectors struct{}

func (drawnVectors) Identity() string { return identity }
func (drawnVectors) Dimensions() int  { return dimensions }

func (drawnVectors) Embed(_ context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		hash := fnv.New64a()
		hash.Write([]byte(text))
		vectors[i] = vectorNear(int(hash.Sum64()>>32), hash.Sum64())
	}
	return vectors, nil
}
