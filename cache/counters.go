package cache

import (
	"context"
	"fmt"
	"strings"
)

// Counters is what a Store offers beside its entries for sums that last, such
// as what was saved on each day, in named books. All replicas on the store add
// to the same. The cache asks for it by a type assertion; without it, nothing
// of the kind is kept.
type Counters interface {
	// Count adds to the counters of a book, all of them or none; one that is
	// not there begins at 0. It is durable, as far as Put is, when Count
	// returns. A tick that is not above the writer's last one in the book adds
	// nothing: a call whose reply was lost can be made again. Names of books,
	// counters and writers have 1 to 200 bytes without zeros.
	Count(ctx context.Context, book string, at Tick, by map[string]int64) error

	// Counted returns a book's counters by name; none of a book that was never
	// written to. A book that cannot be read is ErrDamaged.
	Counted(ctx context.Context, book string) (map[string]int64, error)

	// DropCounters removes whole books; absent ones are no error.
	DropCounters(ctx context.Context, books []string) error
}

// Tick tells one writer's calls of Count apart. Numbers begin above 0.
type Tick struct {
	Writer string
	Number int64
}

// CheckCount is why counters cannot be written, for drivers; nil if they can.
func CheckCount(book string, at Tick, by map[string]int64) error {
	if err := checkCounterName("book", book); err != nil {
		return err
	}
	if err := checkCounterName("writer", at.Writer); err != nil {
		return err
	}
	if at.Number <= 0 {
		return fmt.Errorf("cache: the number of a tick is above 0, this one is %d", at.Number)
	}
	for name := range by {
		if err := checkCounterName("counter", name); err != nil {
			return err
		}
	}
	return nil
}

func checkCounterName(what, name string) error {
	if name == "" || len(name) > MaxBookName || strings.IndexByte(name, 0) >= 0 {
		return fmt.Errorf("cache: the name of a %s has 1 to %d bytes without zeros", what, MaxBookName)
	}
	return nil
}
