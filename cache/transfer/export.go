// Export: from a store and an index into a file.

package transfer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/askonce/askonce/cache"
)

const (
	// stepEntries and stepBytes bound what is in memory at once, between
	// asking for entries and asking for their vectors.
	stepEntries = 256
	stepBytes   = 8 << 20
)

// ExportOptions say what goes into a file. Entries and Sealer are required.
type ExportOptions struct {
	Entries cache.Scanner
	Sealer  *cache.Sealer

	// Vectors are those of the embedder that the header names; nil for a file
	// without.
	Vectors cache.VectorReader

	// Books are taken along behind the entries; nil: there are none.
	Books cache.Books

	// Part is what is in the file already; nil for a new one.
	Part *Part

	// Unreadable hears of entries that are left out; nil: nobody does.
	Unreadable func(key cache.Key)

	// Written hears of every entry that was written; nil: nobody does.
	Written func(e *cache.Entry)
}

// Exported is what an Export has written.
type Exported struct {
	Entries    int // in this run
	Vectors    int
	Rows       int // of books: versions of thresholds, labels and the like
	Unreadable int
}

// Export writes all entries to w. After an error, w holds what was written so
// far and can be continued. It does not close w.
func Export(ctx context.Context, w *Writer, o ExportOptions) (Exported, error) {
	x := exporter{options: o, w: w}
	err := x.run(ctx)
	return x.done, errors.Join(err, w.Flush())
}

type exporter struct {
	options ExportOptions
	w       *Writer
	done    Exported
	step    []*cache.Entry
	bytes   int
}

func (x *exporter) run(ctx context.Context) error {
	var after cache.Key
	if x.options.Part != nil {
		after = x.options.Part.Last
	}
	for record, err := range x.options.Entries.Scan(ctx, after) {
		if err == nil {
			err = x.take(ctx, record)
		}
		if errors.Is(err, cache.ErrUnreadable) {
			x.leaveOut(record.Key)
			continue
		}
		if err != nil {
			return err
		}
	}
	if err := x.write(ctx); err != nil {
		return err
	}
	return x.books(ctx)
}

// books writes all rows of the books that are carried.
func (x *exporter) books(ctx context.Context) error {
	if x.options.Books == nil {
		return nil
	}
	list, err := cache.CarriedBooks(ctx, x.options.Books)
	if err != nil {
		return fmt.Errorf("books: %w", err)
	}
	for _, book := range list {
		rows, err := x.options.Books.Rows(ctx, book)
		if err != nil {
			return fmt.Errorf("books: %w", err)
		}
		for _, name := range slices.Sorted(maps.Keys(rows)) {
			if err := x.w.AddRow(Row{Book: book, Name: name, Value: rows[name]}); err != nil {
				return err
			}
			x.done.Rows++
		}
	}
	return nil
}

// take adds a record to the step, and ends that if it is large enough.
func (x *exporter) take(ctx context.Context, record cache.Record) error {
	if x.options.Part != nil && x.options.Part.Has(record.Key) {
		return nil
	}
	entry, err := x.options.Sealer.Open(record)
	if err != nil {
		return err
	}
	x.step = append(x.step, entry)
	x.bytes += len(entry.Response) + len(entry.Prompt)
	if len(x.step) < stepEntries && x.bytes < stepBytes {
		return nil
	}
	return x.write(ctx)
}

func (x *exporter) leaveOut(key cache.Key) {
	x.done.Unreadable++
	if x.options.Unreadable != nil {
		x.options.Unreadable(key)
	}
}

// write writes the step with its vectors.
func (x *exporter) write(ctx context.Context) error {
	vectors, err := x.vectors(ctx)
	if err != nil {
		return err
	}
	for i, entry := range x.step {
		err := x.w.Add(Item{Entry: entry, Vector: vectors[i]})
		if bad := (*notWritten)(nil); errors.As(err, &bad) {
			x.leaveOut(entry.Key)
			continue
		}
		if err != nil {
			return err
		}
		x.count(entry, vectors[i])
	}
	x.step, x.bytes = x.step[:0], 0
	return ctx.Err()
}

func (x *exporter) count(entry *cache.Entry, vector []float32) {
	x.done.Entries++
	if vector != nil {
		x.done.Vectors++
	}
	if x.options.Written != nil {
		x.options.Written(entry)
	}
}

// vectors asks for those of the step; nil for entries that have none.
func (x *exporter) vectors(ctx context.Context) ([][]float32, error) {
	all := make([][]float32, len(x.step))
	if x.options.Vectors == nil {
		return all, nil
	}
	var keys []cache.Key
	var at []int
	for i, entry := range x.step {
		if entry.Searchable() {
			keys, at = append(keys, entry.Key), append(at, i)
		}
	}
	if len(keys) == 0 {
		return all, nil
	}
	found, err := x.options.Vectors.Vectors(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("vectors: %w", err)
	}
	for i, vector := range found {
		all[at[i]] = vector
	}
	return all, nil
}
