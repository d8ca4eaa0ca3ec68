// Labels: what people said of answers, kept for tuning.

package cache

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/askonce/askonce/policy/tune"
)

// labelsKept is how many labels of a namespace are kept, the latest.
const labelsKept = 10_000

// Label is what somebody said of one answer that was served by meaning, or
// would have been.
type Label struct {
	At      time.Time `json:"at"`
	By      string    `json:"by"` // a key's id
	Right   bool      `json:"right"`
	Entry   string    `json:"entry"`             // the id of the entry
	Request string    `json:"request,omitempty"` // the key of the request

	// Asked and Stored are the two questions. Asked is "" where it is not
	// known; then Score, on which the threshold acted, is what is left, and
	// means something under its Judge alone.
	Asked  string   `json:"asked,omitempty"`
	Stored string   `json:"stored,omitempty"`
	Score  *float64 `json:"score,omitempty"`
	Judge  *Judge   `json:"judge,omitempty"`
}

// same tells labels of one question and one answer: the latest counts.
func (l *Label) same() string { return l.Request + " " + l.Asked + " " + l.Entry }

func labelBook(p place) string { return "labels/" + strings.TrimSuffix(p.prefix(), "/") }

// addLabel keeps a label. Its name sorts by time.
func (c *Cache) addLabel(ctx context.Context, p place, l Label, mark string) error {
	row, err := json.Marshal(l)
	if err != nil {
		return err
	}
	book := labelBook(p)
	name := fmt.Sprintf("%020d-%s", l.At.UnixMicro(), mark)
	_, err = c.changeBook(ctx, func(ctx context.Context) (bool, error) { return c.books.Add(ctx, book, name, row) })
	return err
}

// trimBook removes the oldest rows of those that select, when they are a tenth
// more than are kept: names sort by time behind their prefix.
func (c *Cache) trimBook(ctx context.Context, book, prefix string, kept int) error {
	rows, err := c.rowsOf(ctx, book)
	if err != nil {
		return err
	}
	var names []string
	for name := range rows {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	if len(names) <= kept+kept/10 {
		return nil
	}
	slices.Sort(names)
	_, err = c.changeBook(ctx, func(ctx context.Context) (bool, error) {
		return true, c.books.Remove(ctx, book, names[:len(names)-kept])
	})
	return err
}

// changeBook writes to a book.
func (c *Cache) changeBook(ctx context.Context, change func(context.Context) (bool, error)) (bool, error) {
	return ask(ctx, c.storeWrites, patience{timeout: c.opts.WriteTimeout}, change)
}

// rowsOf reads a whole book; no request waits for it.
func (c *Cache) rowsOf(ctx context.Context, book string) (map[string][]byte, error) {
	return ask(ctx, c.store, patience{timeout: c.opts.WriteTimeout}, func(ctx context.Context) (map[string][]byte, error) {
		return c.books.Rows(ctx, book)
	})
}

// Labels returns a namespace's labels, the latest first. Errors: ErrNoBooks,
// ErrUnavailable.
func (c *Cache) Labels(ctx context.Context, tenant, namespace string) ([]Label, error) {
	if c.books == nil {
		return nil, ErrNoBooks
	}
	rows, err := c.rowsOf(ctx, labelBook(place{tenant, namespace}))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	labels := make([]Label, 0, len(rows))
	for _, value := range rows {
		var l Label
		if err := json.Unmarshal(value, &l); err != nil {
			c.log.Warn("a label cannot be read; left out", "namespace", namespace)
			continue
		}
		labels = append(labels, l)
	}
	slices.SortFunc(labels, func(a, b Label) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.same(), b.same())) })
	return labels, nil
}

// LabelRows are a namespace's labels for tuning; of several about one question
// and one answer, the latest counts. Those without the question's text whose
// score is of another judge are left out, and counted as skipped.
func (c *Cache) LabelRows(ctx context.Context, tenant, namespace string) (rows []tune.Row, skipped int, err error) {
	labels, err := c.Labels(ctx, tenant, namespace)
	if err != nil {
		return nil, 0, err
	}
	rules := c.opts.Rules(tenant, namespace)
	judge, seen := c.judge(&rules), make(map[string]bool, len(labels))
	for _, l := range labels {
		if seen[l.same()] {
			continue
		}
		seen[l.same()] = true
		switch {
		case l.Asked != "" && l.Stored != "":
			rows = append(rows, tune.Row{Asked: l.Asked, Stored: l.Stored, Right: l.Right})
		case l.Score != nil && l.Judge != nil && l.Judge.differs(judge) == "":
			rows = append(rows, tune.Row{Score: *l.Score, HasScore: true, Right: l.Right})
		default:
			skipped++
		}
	}
	return rows, skipped, nil
}
