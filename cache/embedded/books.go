// Books in the data file: rows beside the entries, which nothing evicts.

package embedded

import (
	"bytes"
	"context"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/askonce/askonce/cache"
)

var _ cache.Books = (*store)(nil)

// bookRow is the key of a row: the book's name, a zero, the row's.
func bookRow(book, row string) []byte {
	key := make([]byte, 0, len(book)+1+len(row))
	return append(append(append(key, book...), 0), row...)
}

// Rows implements [cache.Books].
func (s *store) Rows(ctx context.Context, book string) (map[string][]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	db, rows := (*DB)(s), make(map[string][]byte)
	err := db.guarded(func() error {
		return db.file.bolt.View(func(tx *bbolt.Tx) error {
			b := tx.Bucket(booksBucket)
			if b == nil {
				return nil
			}
			prefix := bookRow(book, "")
			c := b.Cursor()
			for key, sealed := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, sealed = c.Next() {
				value, err := unseal(sealed)
				if err != nil {
					return fmt.Errorf("%w: a row of the book %s: %w", cache.ErrDamaged, book, err)
				}
				rows[string(key[len(prefix):])] = bytes.Clone(value)
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// Add implements [cache.Books].
func (s *store) Add(ctx context.Context, book, row string, value []byte) (added bool, err error) {
	if err := cache.CheckBookRow(book, row, value); err != nil {
		return false, err
	}
	sealed := append(make([]byte, sumSize, sumSize+len(value)), value...)
	seal(sealed)
	key := bookRow(book, row)
	err = (*DB)(s).writes.commit(ctx, len(key)+len(sealed), func(b *batch) error {
		bucket, err := b.books()
		if err != nil || bucket.Get(key) != nil {
			return err
		}
		added = true
		b.changeBook(book)
		return bucket.Put(key, sealed)
	})
	if err != nil {
		return false, err // added may still be written to
	}
	return added, nil
}

// Remove implements [cache.Books].
func (s *store) Remove(ctx context.Context, book string, rows []string) error {
	keys, size := make([][]byte, len(rows)), 0
	for i, row := range rows {
		keys[i] = bookRow(book, row)
		size += len(keys[i])
	}
	return (*DB)(s).writes.commit(ctx, size, func(b *batch) error {
		bucket, err := b.books()
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := bucket.Delete(key); err != nil {
				return err
			}
		}
		b.changeBook(book)
		return nil
	})
}

// Revision implements [cache.Books]. It counts since Open: the file is this
// process's alone.
func (s *store) Revision(ctx context.Context, book string) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	db := (*DB)(s)
	db.mu.RLock()
	defer db.mu.RUnlock()
	return db.bookChanges[book], nil
}

// books is the bucket of all books, which files of older programs lack.
func (b *batch) books() (*bbolt.Bucket, error) {
	return b.entries.Tx().CreateBucketIfNotExists(booksBucket)
}

// changeBook counts a change of a book once it is written.
func (b *batch) changeBook(book string) {
	b.changes = append(b.changes, func() {
		b.db.mu.Lock()
		defer b.db.mu.Unlock()
		b.db.bookChanges[book]++
	})
}
