// Counters in the data file: sums beside the entries, which nothing evicts.

package embedded

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"maps"

	"go.etcd.io/bbolt"

	"github.com/askonce/askonce/cache"
)

var _ cache.Counters = (*store)(nil)

// A counter's key is that of a row (bookRow). A writer's last tick is a counter
// too, under its name behind a zero, which no counter's name has.
func tickRow(book, writer string) []byte { return bookRow(book, "\x00"+writer) }

// Count implements [cache.Counters].
func (s *store) Count(ctx context.Context, book string, at cache.Tick, by map[string]int64) error {
	if err := cache.CheckCount(book, at, by); err != nil {
		return err
	}
	by = maps.Clone(by) // the write may outlive the call
	size := 0
	for name := range by {
		size += len(book) + len(name) + 2*sumSize + 8
	}
	return (*DB)(s).writes.commit(ctx, size, func(b *batch) error {
		bucket, err := b.entries.Tx().CreateBucketIfNotExists(countersBucket)
		if err != nil {
			return err
		}
		tick := tickRow(book, at.Writer)
		if last, _ := readCounter(bucket.Get(tick)); last >= at.Number {
			return nil
		}
		if err := bucket.Put(tick, counterRecord(at.Number)); err != nil {
			return err
		}
		return addTo(bucket, book, by)
	})
}

// addTo adds to counters. A damaged one begins again: its transaction carries
// other writes, which must not fail with it.
func addTo(bucket *bbolt.Bucket, book string, by map[string]int64) error {
	for name, n := range by {
		key := bookRow(book, name)
		sum, _ := readCounter(bucket.Get(key))
		if err := bucket.Put(key, counterRecord(sum+n)); err != nil {
			return err
		}
	}
	return nil
}

// Counted implements [cache.Counters].
func (s *store) Counted(ctx context.Context, book string) (map[string]int64, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	db, counted := (*DB)(s), make(map[string]int64)
	err := db.guarded(func() error {
		return db.file.bolt.View(func(tx *bbolt.Tx) error {
			return eachCounter(tx.Bucket(countersBucket), book, func(key, value []byte) error {
				n, err := readCounter(value)
				if name := key[len(book)+1:]; name[0] != 0 {
					counted[string(name)] = n
				}
				return err
			})
		})
	})
	if err != nil {
		return nil, err
	}
	return counted, nil
}

// DropCounters implements [cache.Counters].
func (s *store) DropCounters(ctx context.Context, books []string) error {
	books = append([]string(nil), books...)
	return (*DB)(s).writes.commit(ctx, len(books), func(b *batch) error {
		bucket := b.entries.Tx().Bucket(countersBucket)
		for _, book := range books {
			var keys [][]byte // deleting while a cursor walks skips rows
			err := eachCounter(bucket, book, func(key, _ []byte) error {
				keys = append(keys, bytes.Clone(key))
				return nil
			})
			if err != nil {
				return err
			}
			for _, key := range keys {
				if err := bucket.Delete(key); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// eachCounter visits a book's counters and ticks; bucket is nil if there are
// none at all.
func eachCounter(bucket *bbolt.Bucket, book string, visit func(key, value []byte) error) error {
	if bucket == nil {
		return nil
	}
	prefix := bookRow(book, "")
	c := bucket.Cursor()
	for key, value := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, value = c.Next() {
		if err := visit(key, value); err != nil {
			return err
		}
	}
	return nil
}

// counterRecord is a checksum and the sum.
func counterRecord(n int64) []byte {
	record := binary.BigEndian.AppendUint64(make([]byte, sumSize, sumSize+8), uint64(n))
	seal(record)
	return record
}

// readCounter is 0 for a counter that is not there.
func readCounter(record []byte) (int64, error) {
	if record == nil {
		return 0, nil
	}
	value, err := unseal(record)
	if err == nil && len(value) != 8 {
		err = fmt.Errorf("a sum has %d bytes", len(value))
	}
	if err != nil {
		return 0, fmt.Errorf("%w: a counter: %w", cache.ErrDamaged, err)
	}
	return int64(binary.BigEndian.Uint64(value)), nil
}
