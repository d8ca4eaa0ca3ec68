package cache

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Books is what a Store offers beside its entries: small rows that last, such
// as versions of thresholds and labels, in named books. All replicas on the
// store share them. The cache asks for it by a type assertion; without it,
// nothing of the kind is kept. Rows are written once and never changed, so the
// same name twice is a conflict that one of the writers loses.
type Books interface {
	// Rows returns the rows of a book by name; none of a book that was never
	// written to. A row that cannot be read is ErrDamaged. The caller owns the
	// values.
	Rows(ctx context.Context, book string) (map[string][]byte, error)

	// Add writes a row, unless the book has one of that name, and reports
	// whether it did. It is durable, as far as Put is, when Add returns. Names
	// of books and rows have 1 to 200 bytes without zeros. Values are up to
	// 1 MB; the store keeps no reference to them.
	Add(ctx context.Context, book, row string, value []byte) (added bool, err error)

	// Remove removes rows; absent ones are no error.
	Remove(ctx context.Context, book string, rows []string) error

	// Revision is another number after each change of the book, whoever made
	// it. It is cheap: the cache asks about twice a second.
	Revision(ctx context.Context, book string) (int64, error)
}

// placeBook has a row for each namespace that has labels, named as its books are.
const placeBook = "places"

// CarriedBooks are the books whose rows an export takes along: versions of
// thresholds, labels, audits and negatives.
func CarriedBooks(ctx context.Context, b Books) ([]string, error) {
	places, err := b.Rows(ctx, placeBook)
	if err != nil {
		return nil, err
	}
	books := []string{thresholdBook, negativeBook, placeBook}
	for _, prefix := range slices.Sorted(maps.Keys(places)) {
		books = append(books, labelBooks+prefix, auditBooks+prefix)
	}
	return books, nil
}

// notePlace writes down that a namespace has labels, once for each replica.
func (c *Cache) notePlace(ctx context.Context, p place) error {
	if _, noted := c.places.Load(p); noted {
		return nil
	}
	row, err := json.Marshal(map[string]string{"tenant": p.tenant, "namespace": p.namespace})
	if err != nil {
		return err
	}
	name := strings.TrimSuffix(p.prefix(), "/")
	_, err = c.changeBook(ctx, func(ctx context.Context) (bool, error) { return c.books.Add(ctx, placeBook, name, row) })
	if err == nil {
		c.places.Store(p, nil)
	}
	return err
}

// Bounds of names and values in books.
const (
	MaxBookName  = 200
	MaxBookValue = 1 << 20
)

// CheckBookRow is why a row cannot be written, for drivers; nil if it can.
func CheckBookRow(book, row string, value []byte) error {
	for what, name := range map[string]string{"book": book, "row": row} {
		if name == "" || len(name) > MaxBookName || strings.IndexByte(name, 0) >= 0 {
			return fmt.Errorf("cache: the name of a %s has 1 to %d bytes without zeros", what, MaxBookName)
		}
	}
	if len(value) > MaxBookValue {
		return fmt.Errorf("cache: a row of a book has up to %d bytes, this one %d", MaxBookValue, len(value))
	}
	return nil
}
