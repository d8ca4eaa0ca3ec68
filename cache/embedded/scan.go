// Reading all entries, whosever they are: cache.Scanner on the data file.

package embedded

import (
	"context"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"

	"github.com/askonce/askonce/cache"
)

// scanPage bounds what is read in one transaction, in bytes of records; the
// last record may go over it. A transaction that lasts keeps writers from using
// freed pages of the file again.
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
			var page []scanned
			var err error
			page, more, err = (*DB)(s).scanPage(ctx, &after)
			if err != nil {
				yield(cache.Record{}, err)
				return
			}
			for _, found := range page {
				if !yield(found.record, found.err) {
					return
				}
			}
		}
	}
}

// scanPage reads the live entries behind after, until there are enough, and
// moves after to the last row it has looked at.
func (db *DB) scanPage(ctx context.Context, after *cache.Key) (page []scanned, more bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
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
				if len(k) != keySize {
					return errBadRecord
				}
				size += len(v)
				*after = cache.Key(k)
				if found := scan(*after, v); found.err != nil || found.record.Meta.Expires.UnixMicro() > live {
					page = append(page, found)
				}
			}
			more = k != nil
			return nil
		})
	})
	return page, more, err
}

// scan reads one row of entries.
func scan(key cache.Key, value []byte) scanned {
	record, err := decodeEntry(key, value)
	if err != nil {
		return scanned{cache.Record{Key: key}, fmt.Errorf("%w: %w", cache.ErrUnreadable, err)}
	}
	return scanned{record: record}
}
