// Removal of what has expired, and of what is over the byte bound.

package embedded

import (
	"context"
	"time"

	"go.etcd.io/bbolt"

	"github.com/askonce/askonce/cache"
)

// removeStep is how many entries, and how many points, are removed in one
// transaction. Their keys are all over the tree, so that each one costs a page
// or more, and other writers wait for all of them.
const removeStep = 256

// sweepEvery sweeps until ctx ends.
func (db *DB) sweepEvery(ctx context.Context, interval time.Duration) {
	defer close(db.sweeper)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := db.sweep(ctx); err != nil && ctx.Err() == nil {
				db.log.Warn("sweeping expired entries failed", "error", err.Error())
			}
		}
	}
}

// sweep removes everything that has expired by now, and brings the store
// under its bound. It looks before it writes, so that an idle store stays so.
func (db *DB) sweep(ctx context.Context) error {
	for {
		due, err := db.sweepDue()
		if err != nil || !due {
			return err
		}
		if err := db.writes.commit(ctx, 0, (*batch).sweep); err != nil {
			return err
		}
	}
}

func (db *DB) sweepDue() (due bool, err error) {
	if db.Stats().Bytes > db.options.MaxBytes {
		return true, nil
	}
	err = db.guarded(func() error {
		return db.file.bolt.View(func(tx *bbolt.Tx) error {
			until := now()
			due = headExpired(tx.Bucket(entryExpiryBucket), until) || headExpired(tx.Bucket(pointExpiryBucket), until)
			return nil
		})
	})
	return due, err
}

func headExpired(b *bbolt.Bucket, until int64) bool {
	k, _ := b.Cursor().First()
	return len(k) >= timeSize && getTime(k) <= until
}

// sweep removes one step of expired entries and points.
func (b *batch) sweep() error {
	until := now()
	for _, row := range head(b.entryExpiry, removeStep, until) {
		n := b.stats.Entries
		if err := b.removeWithPoints(row[timeSize:]); err != nil {
			return err
		}
		b.stats.Expired += n - b.stats.Entries
		if err := b.entryExpiry.Delete(row); err != nil {
			return err
		}
	}
	return b.removePointRows(head(b.pointExpiry, removeStep, until))
}

// evict removes the oldest entries while there is too much, as many as the
// transaction may.
func (b *batch) evict() error {
	for left := evictAtLeast + 2*b.put; left > 0 && b.stats.Bytes > b.db.options.MaxBytes; {
		rows := head(b.entryAge, min(left, 32), forever)
		if len(rows) == 0 {
			return b.evictPoints(left)
		}
		left -= len(rows)
		for _, row := range rows {
			if b.stats.Bytes <= b.db.options.MaxBytes {
				return nil
			}
			if err := b.removeWithPoints(row[timeSize:]); err != nil {
				return err
			}
			if err := b.entryAge.Delete(row); err != nil {
				return err
			}
			b.stats.Evicted++
		}
	}
	return nil
}

// evictPoints removes points that no entry is left for, soonest to expire
// first.
func (b *batch) evictPoints(left int) error {
	for left > 0 && b.stats.Bytes > b.db.options.MaxBytes {
		rows := head(b.pointExpiry, min(left, 32), forever)
		if len(rows) == 0 {
			return nil
		}
		left -= len(rows)
		if err := b.removePointRows(rows); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) removeWithPoints(key []byte) error {
	if _, _, err := b.removeEntry(key); err != nil {
		return err
	}
	return b.dropPoints(cache.Key(key))
}

// removePointRows removes the points that rows of point-expiry name, and the
// rows.
func (b *batch) removePointRows(rows [][]byte) error {
	for _, row := range rows {
		if err := b.dropPoint(identity(row[orderSize:]), cache.Key(row[timeSize:orderSize])); err != nil {
			return err
		}
		if err := b.pointExpiry.Delete(row); err != nil {
			return err
		}
	}
	return nil
}

// forever is later than every expiry.
const forever = 1<<63 - 1

// head copies the first keys of an order bucket, up to n, whose time is at
// most until. They are copied because removing rows moves them.
func head(b *bbolt.Bucket, n int, until int64) [][]byte {
	var rows [][]byte
	c := b.Cursor()
	for k, _ := c.First(); k != nil && len(rows) < n && getTime(k) <= until; k, _ = c.Next() {
		rows = append(rows, append([]byte(nil), k...))
	}
	return rows
}
