// The tallies of audits: what the alarm knows, shared by all replicas.

package cache

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	judging "github.com/askonce/askonce/policy/audit"
)

// The book of a namespace's audits has a row for each, named by what was tested,
// when it was made, and its verdict. Names sort by time. A row whose name ends
// in a plus sign is the tally of all rows of its test before it, which are
// removed then; until they are, they do not count again. A row that a replica
// with a slow clock puts before it is lost, whatever its verdict.
const (
	talliedMark = "+"

	// talliedFrom is how many rows of a test are too many.
	talliedFrom = 400

	// forgottenAfter is when the rows of a test that is over are removed: later
	// than replicas with different configurations run beside each other.
	forgottenAfter = 7 * 24 * time.Hour
)

const auditBooks = "audits/" // and a place

func auditBook(p place) string { return auditBooks + strings.TrimSuffix(p.prefix(), "/") }

// test is what audits are counted for: one threshold, as one judge acts on it.
type test struct {
	version   string
	threshold float64
	judge     Judge
}

// prefix begins the names of the test's rows.
func (t *test) prefix() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %v %q", t.version, t.threshold, fmt.Sprint(t.judge)))
	return hex.EncodeToString(sum[:8]) + "/"
}

// testing is the test that holds in a place now, and what it promises.
func (c *Cache) testing(p place) (test, Serving, AuditRules) {
	serving := c.Serving(p.tenant, p.namespace)
	rules := c.opts.Rules(p.tenant, p.namespace).Audit
	if v := serving.Current; v != nil && !v.Default && serving.Void == "" && v.Certificate != nil && v.Certificate.Precision > 0 {
		rules.Precision = v.Certificate.Precision
	}
	return test{serving.Version, serving.Threshold, serving.Judge}, serving, rules
}

// tell adds an audit to the tally, if it was of the threshold that holds: not
// of one before it, nor of a stricter one that a caller wished for. A wrong one
// may be one too many.
func (as *audits) tell(ctx context.Context, a *audit, verdict judging.Verdict, now time.Time) error {
	c, p := as.c, a.hit.place
	current, _, _ := c.testing(p)
	if current != (test{a.rules.ThresholdVersion, a.rules.Threshold, a.hit.judge}) {
		return nil
	}
	name := fmt.Sprintf("%s%020d-%s-%c", current.prefix(), now.UnixMicro(), rand.Text(), verdict[0])
	if _, err := c.changeBook(ctx, func(ctx context.Context) (bool, error) { return c.books.Add(ctx, auditBook(p), name, nil) }); err != nil {
		return err
	}
	if verdict != judging.Wrong && as.made.Add(1)%reviewEvery != 0 {
		return nil
	}
	return c.review(ctx, p)
}

// tallied is a tally and the rows that it was read from.
type tallied struct {
	judging.Tally
	rows []string // in order
}

// readTally reads the tally of a test.
func readTally(rows map[string][]byte, t *test) (tallied, error) {
	var found tallied
	last := -1 // the latest row that is a tally
	for name := range rows {
		if strings.HasPrefix(name, t.prefix()) {
			found.rows = append(found.rows, name)
		}
	}
	slices.Sort(found.rows)
	for i, name := range found.rows {
		if strings.HasSuffix(name, talliedMark) {
			last = i
		}
	}
	if last >= 0 {
		if err := json.Unmarshal(rows[found.rows[last]], &found.Tally); err != nil {
			return tallied{}, fmt.Errorf("%w: a tally of audits", ErrDamaged)
		}
	}
	for _, name := range found.rows[last+1:] {
		found.Add(verdictOf(name))
	}
	return found, nil
}

// verdictOf is the verdict that the name of a row tells.
func verdictOf(name string) judging.Verdict {
	switch name[len(name)-1] {
	case judging.Right[0]:
		return judging.Right
	case judging.Wrong[0]:
		return judging.Wrong
	}
	return judging.Undecided
}

// review reads a place's tally, raises the alarm if that is due, and keeps the
// book short.
func (c *Cache) review(ctx context.Context, p place) error {
	current, serving, rules := c.testing(p)
	rows, err := c.rowsOf(ctx, auditBook(p))
	if err != nil {
		return err
	}
	tally, err := readTally(rows, &current)
	if err != nil {
		return err
	}
	evidence, latest := tally.Evidence(rules.Precision)
	if rules.Level > 0 && evidence >= 1/rules.Level {
		right, wrong := tally.Counts()
		return c.alarm(ctx, p, &current, serving.Current, latest, &Alarm{
			Of: current.version, Threshold: current.threshold, Precision: rules.Precision, Level: rules.Level, Evidence: evidence,
			Right: right, Wrong: wrong, Undecided: tally.Undecided,
		})
	}
	return c.shorten(ctx, p, &current, &tally, rows)
}

// shorten puts a tally in place of its rows when they are many, and removes
// those of tests that are over.
func (c *Cache) shorten(ctx context.Context, p place, current *test, tally *tallied, rows map[string][]byte) error {
	if len(tally.rows) < talliedFrom {
		return nil
	}
	row, err := json.Marshal(tally.Tally)
	if err != nil {
		return err
	}
	book, gone := auditBook(p), tally.rows
	old := fmt.Sprintf("%020d", time.Now().Add(-forgottenAfter).UnixMicro())
	for name := range rows {
		if at := len(current.prefix()); !strings.HasPrefix(name, current.prefix()) && len(name) > at && name[at:] < old {
			gone = append(gone, name)
		}
	}
	name := tally.rows[len(tally.rows)-1] + talliedMark
	_, err = c.changeBook(ctx, func(ctx context.Context) (bool, error) {
		if _, err := c.books.Add(ctx, book, name, row); err != nil {
			return false, err
		}
		return true, c.books.Remove(ctx, book, gone)
	})
	return err
}

// Audited is what the audits of a namespace have found of the threshold that
// holds.
type Audited struct {
	AuditRules
	Right, Wrong, Undecided int

	// Evidence against the promised Precision: an alarm is raised where it
	// reaches 1/Level.
	Evidence float64
}

// Audited tells what audits have found of the threshold that holds in a
// namespace. Errors: ErrNoBooks, ErrUnavailable.
func (c *Cache) Audited(ctx context.Context, tenant, namespace string) (Audited, error) {
	if c.books == nil {
		return Audited{}, ErrNoBooks
	}
	p := place{tenant, namespace}
	current, _, rules := c.testing(p)
	rows, err := c.rowsOf(ctx, auditBook(p))
	if err != nil {
		return Audited{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	tally, err := readTally(rows, &current)
	if err != nil {
		return Audited{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	a := Audited{AuditRules: rules, Undecided: tally.Undecided}
	a.Right, a.Wrong = tally.Counts()
	a.Evidence, _ = tally.Evidence(rules.Precision)
	return a, nil
}
