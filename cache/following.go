// Following what other replicas write into the books.

package cache

import (
	"context"
	"errors"
	"time"
)

// followEvery is how often the books' revisions are compared; changes of other
// replicas are seen within it and the time of two calls.
const followEvery = 500 * time.Millisecond

// bookmark is how far a book was read.
type bookmark struct {
	revision int64
	read     bool
}

// changed reads a book if it is another one than at the mark; else nil.
func (c *Cache) changed(ctx context.Context, book string, at *bookmark) (map[string][]byte, error) {
	revision, err := ask(ctx, c.store, patience{timeout: c.opts.StoreTimeout}, func(ctx context.Context) (int64, error) {
		return c.books.Revision(ctx, book)
	})
	if err != nil || at.read && revision == at.revision {
		return nil, err
	}
	rows, err := c.rowsOf(ctx, book)
	if err == nil {
		at.revision, at.read = revision, true
	}
	return rows, err
}

// follow reads what changes until ctx ends. While nothing can be read, what is
// known holds on.
func (c *Cache) follow(ctx context.Context) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	troubled := false
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		err := c.readBooks(ctx)
		switch {
		case err != nil && !troubled:
			c.log.Warn("thresholds and negatives cannot be read; those that are known hold, and the configured thresholds elsewhere", "error", err)
		case err == nil && troubled:
			c.log.Info("thresholds and negatives are read again")
		}
		troubled = err != nil
	}
}

func (c *Cache) readBooks(ctx context.Context) error {
	return errors.Join(c.thresholds.refresh(ctx), c.negatives.refresh(ctx))
}
