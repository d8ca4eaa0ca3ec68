// Reading all entries, whosever they are: cache.Scanner on the data file.

package embedded

import (
	"context"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"

	"github.com/askonce/askonce/cache"
)

// scanPage bounds what is read in one transaction, in bytes of records; one
// more record may go over it. Between pages, writers get pages of the file
// back that only this transaction still needed.
const scanPage = 4 << 20

var _ cache.Scanner = (*store)(nil)

// scanned is an entry, or why it cannot be read.
type scanned struct {
	record cache.Record
	err    error
}

// Scan implements [cache.Scanner], in the order of keys.
func (s *store) Scan(ctx context.Context, after cache.Key) iter.Seq2[cache.Record, error] {
	return func(yield func(cache.Record, error) bool) {
		for more := true; more; {
			page, err := (*DB)(s).scanPage(ctx, &after)
			if err != nil {
				yield(cache.Record{}, err)
				return
			}
			for _, found := range page {
				if !yield(found.record, found.err) {
					return
				}
			}
			more = len(page) > 0
		}
	}
}

// scanPage reads the live entries behind after, until there are enough, and
// moves after to the last of them. No entry means that there are no more.
func (db *DB) scanPage(ctx context.Context, after *cache.Key) (page []scanned, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = db.guarded(func() error {
		return db.file.bolt.View(func(tx *bbolt.Tx) error {
			live, size := now(), 0
			c := tx.Bucket(entriesBucket).Cursor()
			k, v := c.Seek(after[:])
			if string(k) == string(after[:]) {
				k, v = c.Next()
			}
			for ; k != nil && size < scanPage; k, v = c.Next() {
				size += len(v)
				if found, ok := scan(k, v, live); ok {
					page = append(page, found)
				}
			}
			return nil
		})
	})
	if len(page) > 0 {
		*after = page[len(page)-1].record.Key
	}
	return page, err
}

// scan reads one row of entries; ok is false for one that has expired.
func scan(key, value []byte, live int64) (found scanned, ok bool) {
	if len(key) != keySize {
		return scanned{err: fmt.Errorf("%w: %w", cache.ErrUnreadable, errBadRecord)}, true
	}
	record, err := decodeEntry(cache.Key(key), value)
	if err != nil {
		return scanned{cache.Record{Key: cache.Key(key)}, fmt.Errorf("%w: %w", cache.ErrUnreadable, err)}, true
	}
	return scanned{record: record}, record.Meta.Expires.UnixMicro() > live
}
