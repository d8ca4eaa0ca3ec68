// Import: from a file into a store and an index.

package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/askonce/askonce/cache"
)

// lookups is how many entries are looked for at the same time.
const lookups = 16

// ImportOptions say where a file's entries go. Store and Sealer are required.
type ImportOptions struct {
	Store  cache.Store
	Sealer *cache.Sealer

	// Books take the rows of books; nil: those are left alone.
	Books cache.Books

	// Index and Embedder take part together, or both are nil.
	Index    cache.Index
	Embedder cache.Embedder

	// Indexes says whether a namespace has a semantic layer; nil: all have.
	Indexes func(tenant, namespace string) bool

	// MaxEntryBytes is the longest answer to take; 0: any.
	MaxEntryBytes int

	// Strict ends the import at the first line that cannot be used.
	Strict bool

	// Bad hears of lines that cannot be used, unless Strict is set; nil:
	// nobody does.
	Bad func(err *LineError)

	// Written hears of every entry that was written; nil: nobody does.
	Written func(e *cache.Entry)
}

// Imported is what an Import has done. Every line is counted in one of the
// first seven.
type Imported struct {
	Written int // entries that are new here, or newer than what was here
	Present int // the same entry was here
	Older   int // a newer entry was here
	Expired int
	Bad     int // lines that cannot be used

	Rows        int // of books: versions of thresholds, labels and the like; new here
	RowsPresent int // one of the same name was here

	Vectors  int // written with an entry or for one that was here
	Embedded int // of these, computed anew
	TooLong  int // prompts that the embedder does not take
}

// Import reads the file to its end. What it has counted as written is durable,
// also after an error. Done again, it leaves alone what is there.
func Import(ctx context.Context, r *Reader, o ImportOptions) (Imported, error) {
	im := importer{options: o, seen: make(map[cache.Key]struct{})}
	if o.Embedder != nil {
		im.identity = o.Embedder.Identity()
		im.fits = r.header.Vectors != "" && r.header.Embedder == im.identity && r.header.Dimensions == o.Embedder.Dimensions()
	}
	err := im.run(ctx, r)
	return im.done, err
}

type importer struct {
	options  ImportOptions
	identity string // of the embedder
	fits     bool   // the file's vectors are the embedder's
	done     Imported

	step  []Item
	seen  map[cache.Key]struct{} // the step's keys
	bytes int
}

func (im *importer) run(ctx context.Context, r *Reader) error {
	for {
		item, err := r.Next()
		if err == nil {
			err = im.take(ctx, r, item)
		}
		bad := (*LineError)(nil)
		switch {
		case err == nil:
		case errors.As(err, &bad) && !im.options.Strict:
			im.leaveOut(bad)
		case err == io.EOF:
			return im.write(ctx)
		case ctx.Err() != nil:
			return err
		default:
			// What was read before is kept, also when the rest is missing.
			return errors.Join(im.write(ctx), err)
		}
	}
}

func (im *importer) leaveOut(bad *LineError) {
	im.done.Bad++
	if im.options.Bad != nil {
		im.options.Bad(bad)
	}
}

// take adds an item to the step, and ends that if it is large enough.
func (im *importer) take(ctx context.Context, r *Reader, item Item) error {
	if item.Row != nil {
		return im.add(ctx, item.Row)
	}
	e := item.Entry
	if limit := im.options.MaxEntryBytes; limit > 0 && len(e.Response) > limit {
		return &LineError{r.line, fmt.Sprintf("response has %d bytes, entries here have at most %d", len(e.Response), limit)}
	}
	if !e.Meta.Expires.After(time.Now()) {
		im.done.Expired++
		return nil
	}
	if _, twice := im.seen[e.Key]; twice {
		if err := im.write(ctx); err != nil {
			return err
		}
	}
	im.seen[e.Key] = struct{}{}
	im.step = append(im.step, item)
	im.bytes += len(e.Response) + len(e.Prompt)
	if len(im.step) < stepEntries && im.bytes < stepBytes {
		return nil
	}
	return im.write(ctx)
}

// add writes a row, unless there is one of its name.
func (im *importer) add(ctx context.Context, r *Row) error {
	if im.options.Books == nil {
		return nil
	}
	added, err := im.options.Books.Add(ctx, r.Book, r.Name, r.Value)
	switch {
	case err != nil:
		return fmt.Errorf("books: %w", err)
	case added:
		im.done.Rows++
	default:
		im.done.RowsPresent++
	}
	return nil
}

// write makes the step durable. Points come first: if it ends half-way, a point
// without its entry does no harm, and an entry that is there has its point.
func (im *importer) write(ctx context.Context) error {
	step := im.step
	im.step, im.bytes = im.step[:0], 0
	clear(im.seen)
	missing, present, older, err := im.compare(ctx, step)
	if err != nil {
		return err
	}
	unindexed, err := im.unindexed(ctx, present)
	if err != nil {
		return err
	}
	if err := im.index(ctx, append(unindexed, missing...)); err != nil {
		return err
	}
	records := make([]cache.Record, len(missing))
	for i, item := range missing {
		records[i] = im.options.Sealer.Seal(item.Entry)
	}
	if err := im.options.Store.Put(ctx, records); err != nil {
		return fmt.Errorf("entries: %w", err)
	}
	im.count(missing, len(present), older)
	return ctx.Err()
}

func (im *importer) count(written []Item, present, older int) {
	im.done.Written += len(written)
	im.done.Present += present
	im.done.Older += older
	for _, item := range written {
		if im.options.Written != nil {
			im.options.Written(item.Entry)
		}
	}
}

// compare looks for the step's entries in the store.
func (im *importer) compare(ctx context.Context, step []Item) (missing, present []Item, older int, err error) {
	found := make([]time.Time, len(step)) // when what is there was created
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookups)
	for i, item := range step {
		group.Go(func() error {
			record, err := im.options.Store.Get(ctx, item.Entry.Key)
			if errors.Is(err, cache.ErrNotFound) {
				return nil
			}
			found[i] = record.Meta.Created
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, 0, fmt.Errorf("entries: %w", err)
	}
	for i, item := range step {
		// Stores keep times to the microsecond.
		created := item.Entry.Meta.Created.Truncate(time.Microsecond)
		switch {
		case found[i].IsZero() || found[i].Before(created):
			missing = append(missing, item)
		case found[i].Equal(created):
			present = append(present, item)
		default:
			older++
		}
	}
	return missing, present, older, nil
}

// unindexed are those of the entries that the index has no point for. An index
// that cannot tell has them all.
func (im *importer) unindexed(ctx context.Context, items []Item) ([]Item, error) {
	index, ok := im.options.Index.(cache.VectorReader)
	if !ok || len(items) == 0 {
		return nil, nil
	}
	keys := make([]cache.Key, len(items))
	for i, item := range items {
		keys[i] = item.Entry.Key
	}
	vectors, err := index.Vectors(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("vectors: %w", err)
	}
	var without []Item
	for i, item := range items {
		if vectors[i] == nil {
			without = append(without, item)
		}
	}
	return without, nil
}
