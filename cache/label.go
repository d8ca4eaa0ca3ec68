// Labels: what people and audits said of answers, kept for tuning.

package cache

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// labelsKept is how many labels of a namespace are kept, the latest.
const labelsKept = 10_000

// LabelSource is how a label came about.
type LabelSource string

// The sources. Audits are a random sample of the hits; feedback is about what
// somebody noticed, and says little of how often answers are right.
const (
	LabelFeedback LabelSource = "feedback" // also ""
	LabelAudit    LabelSource = "audit"
)

// Label is what was said of one answer that was served by meaning, or would
// have been.
type Label struct {
	ID string `json:"id,omitzero"` // sorts by time; given when it is read

	At      time.Time   `json:"at"`
	By      string      `json:"by"` // a key's id, or "audit"
	Source  LabelSource `json:"source,omitzero"`
	Right   bool        `json:"right"`
	Entry   string      `json:"entry"`            // the id of the entry
	Request string      `json:"request,omitzero"` // the key of the request

	// Undecided says that an audit could not tell: Right means nothing.
	Undecided bool `json:"undecided,omitzero"`

	// Asked and Stored are the two questions. Asked is "" where it is not
	// known; then Score, on which the threshold acted, is what is left, and
	// means something under its Judge alone.
	Asked  string   `json:"asked,omitzero"`
	Stored string   `json:"stored,omitzero"`
	Score  *float64 `json:"score,omitzero"`
	Judge  *Judge   `json:"judge,omitzero"`

	// Threshold and its Version are what let the answer pass, of an audit.
	Threshold *float64 `json:"threshold,omitzero"`
	Version   string   `json:"version,omitzero"`
}

// same tells labels of one question and one answer.
func (l *Label) same() string {
	if l.Request != "" {
		return l.Request + " " + l.Entry
	}
	return l.Asked + " " + l.Entry
}

const labelBooks = "labels/" // and a place

func labelBook(p place) string { return labelBooks + strings.TrimSuffix(p.prefix(), "/") }

// addLabel keeps a label. Its name sorts by time.
func (c *Cache) addLabel(ctx context.Context, p place, l Label) error {
	row, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if err := c.notePlace(ctx, p); err != nil {
		return err
	}
	book := labelBook(p)
	name := fmt.Sprintf("%020d-%s", l.At.UnixMicro(), rand.Text())
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
	for name, value := range rows {
		var l Label
		if err := json.Unmarshal(value, &l); err != nil {
			c.log.Warn("a label cannot be read; left out", "namespace", namespace)
			continue
		}
		l.ID = name
		labels = append(labels, l)
	}
	slices.SortFunc(labels, func(a, b Label) int { return cmp.Compare(b.ID, a.ID) })
	return labels, nil
}
