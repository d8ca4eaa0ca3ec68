// The entries: cache.Store on the data file.

package embedded

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/askonce/askonce/cache"
)

// store is DB as a cache.Store.
type store DB

// Get implements [cache.Store].
func (s *store) Get(ctx context.Context, key cache.Key) (cache.Record, error) {
	if err := ctx.Err(); err != nil {
		return cache.Record{}, err
	}
	db := (*DB)(s)
	var found cache.Record
	err := db.guarded(func() error {
		return db.file.bolt.View(func(tx *bbolt.Tx) error {
			record := tx.Bucket(entriesBucket).Get(key[:])
			if record == nil {
				return cache.ErrNotFound
			}
			var err error
			if found, err = decodeEntry(key, record); err != nil {
				return fmt.Errorf("%w: %w", cache.ErrDamaged, err)
			}
			return nil
		})
	})
	if err != nil {
		return cache.Record{}, err
	}
	if found.Meta.Expires.UnixMicro() <= now() {
		return cache.Record{}, cache.ErrNotFound
	}
	return found, nil
}

// Put implements [cache.Store]. The records are written in one transaction.
func (s *store) Put(ctx context.Context, records []cache.Record) error {
	if len(records) == 0 {
		return ctx.Err()
	}
	db := (*DB)(s)
	encoded := make([]encodedEntry, len(records))
	size := 0
	for i, r := range records {
		e, err := encodeEntry(r)
		if err != nil {
			return err
		}
		if e.size() > db.options.MaxBytes {
			return errOverBudget
		}
		encoded[i] = e
		size += int(e.size())
	}
	return db.writes.commit(ctx, size, func(b *batch) error {
		for i := range encoded {
			if err := b.putEntry(&encoded[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// Delete implements [cache.Store]. The points of the entries stay.
func (s *store) Delete(ctx context.Context, keys []cache.Key) (int, error) {
	if len(keys) == 0 {
		return 0, ctx.Err()
	}
	removed := 0
	for step := range slices.Chunk(slices.Clone(keys), removeStep) {
		n, err := (*DB)(s).deleteEntries(ctx, step)
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// deleteEntries removes entries in one transaction and returns how many of
// them had not expired.
func (db *DB) deleteEntries(ctx context.Context, keys []cache.Key) (int, error) {
	removed := 0
	err := db.writes.commit(ctx, len(keys)*keySize, func(b *batch) error {
		live := now()
		for _, key := range keys {
			expires, found, err := b.removeEntry(key[:])
			if err != nil {
				return err
			}
			if found && expires > live {
				removed++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err // removed may still be written to
	}
	return removed, nil
}

// Select implements [cache.Store]. It reads a page of rows at a time and
// holds no transaction while it yields, so that the caller may write.
func (s *store) Select(ctx context.Context, by cache.Selector) iter.Seq2[cache.Selected, error] {
	db := (*DB)(s)
	return func(yield func(cache.Selected, error) bool) {
		if by.Tenant == "" {
			yield(cache.Selected{}, errNoTenant)
			return
		}
		from := orderKey(now()+1, nil)
		for from != nil {
			if err := ctx.Err(); err != nil {
				yield(cache.Selected{}, err)
				return
			}
			var found []cache.Selected
			var err error
			found, from, err = db.selectPage(by, from)
			if err != nil {
				yield(cache.Selected{}, err)
				return
			}
			for _, f := range found {
				if !yield(f, nil) {
					return
				}
			}
		}
	}
}

// selectPage looks at some of the rows from there on, and returns those that
// match and where to go on, which is nil at the end.
func (db *DB) selectPage(by cache.Selector, from []byte) (found []cache.Selected, next []byte, err error) {
	const pageRows = 1024
	err = db.guarded(func() error {
		return db.file.bolt.View(func(tx *bbolt.Tx) error {
			c := tx.Bucket(entryExpiryBucket).Cursor()
			k, v := c.Seek(from)
			for n := 0; k != nil && n < pageRows; n++ {
				selected, err := decodeSelected(k, v)
				if err != nil {
					return err
				}
				if by.Matches(selected.Meta) {
					found = append(found, selected)
				}
				k, v = c.Next()
			}
			next = append(next, k...) // nil stays nil
			return nil
		})
	})
	return found, next, err
}

func decodeSelected(row, value []byte) (cache.Selected, error) {
	if len(row) != orderSize {
		return cache.Selected{}, errBadRecord
	}
	_, encoded, err := decodeRow(value)
	if err != nil {
		return cache.Selected{}, err
	}
	meta, _, err := cutMeta(encoded)
	return cache.Selected{Key: cache.Key(row[timeSize:]), Meta: meta}, err
}
