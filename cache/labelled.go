// Labels as rows for tuning.

package cache

import (
	"context"

	"github.com/askonce/askonce/policy/tune"
)

// Labelled are the labels of a namespace for tuning.
type Labelled struct {
	Rows []tune.Row

	Audits    int // rows that are of audits, a random sample of the hits
	Feedback  int // rows that are of feedback alone
	Undecided int // audits that nobody has decided
	Skipped   int // labels without the question's text, whose score is of another judge
}

// LabelRows are a namespace's labels of a source for tuning; "" is all. Of several
// about one question and one answer, the latest that decides counts. One that was
// audited is of the audits' sample, whoever decided it.
func (c *Cache) LabelRows(ctx context.Context, tenant, namespace string, source LabelSource) (Labelled, error) {
	labels, err := c.LatestLabels(ctx, tenant, namespace)
	if err != nil {
		return Labelled{}, err
	}
	rules := c.opts.Rules(tenant, namespace)
	judge := c.judge(&rules)
	var found Labelled
	for _, l := range labels {
		if source != "" && source != l.Source {
			continue
		}
		row, ok := l.row(judge)
		switch {
		case l.Undecided:
			found.Undecided++
			continue
		case !ok:
			found.Skipped++
			continue
		case l.Source == LabelAudit:
			found.Audits++
		default:
			found.Feedback++
		}
		found.Rows = append(found.Rows, row)
	}
	return found, nil
}

// LatestLabels are a namespace's labels, the latest first, with one for each
// question and answer: what is known of it in all. Errors: ErrNoBooks,
// ErrUnavailable.
func (c *Cache) LatestLabels(ctx context.Context, tenant, namespace string) ([]*Label, error) {
	labels, err := c.Labels(ctx, tenant, namespace)
	return merged(labels), err
}

// labelOf is what is known of a question and an answer that feedback is about;
// nil: nothing.
func (c *Cache) labelOf(ctx context.Context, p place, f *Feedback) (*Label, error) {
	if f.Request == (Key{}) {
		return nil, nil
	}
	labels, err := c.LatestLabels(ctx, p.tenant, p.namespace)
	if err != nil {
		return nil, err
	}
	about := Label{Request: f.Request.String(), Entry: f.Entry.String()}
	for _, l := range labels {
		if l.same() == about.same() {
			return l, nil
		}
	}
	return nil, nil
}

// merged are labels, the latest first, with one for each question and answer.
func merged(labels []Label) []*Label {
	var list []*Label
	known := make(map[string]*Label, len(labels))
	for i := range labels {
		l := labels[i]
		if l.Source == "" {
			l.Source = LabelFeedback
		}
		latest := known[l.same()]
		if latest == nil {
			known[l.same()] = &l
			list = append(list, &l)
			continue
		}
		latest.complete(&l)
	}
	return list
}

// complete adds to a label what an earlier one about the same knows.
func (l *Label) complete(earlier *Label) {
	if l.Undecided && !earlier.Undecided {
		l.Undecided, l.Right = false, earlier.Right
	}
	if earlier.Source == LabelAudit {
		l.Source = LabelAudit
	}
	l.describe(earlier)
}

// describe adds to a label what another about the same knows of the questions.
func (l *Label) describe(by *Label) {
	if l.Asked == "" {
		l.Asked = by.Asked
	}
	if l.Stored == "" {
		l.Stored = by.Stored
	}
	if l.Score == nil {
		l.Score, l.Judge = by.Score, by.Judge
	}
}

// usable reports whether tuning can use the label.
func (l *Label) usable() bool { return l.Asked != "" && l.Stored != "" || l.Score != nil }

// row is the label as tuning wants it; ok is false if it cannot be scored.
func (l *Label) row(judge Judge) (row tune.Row, ok bool) {
	switch {
	case l.Asked != "" && l.Stored != "":
		return tune.Row{Asked: l.Asked, Stored: l.Stored, Right: l.Right}, true
	case l.Score != nil && l.Judge != nil && l.Judge.differs(judge) == "":
		return tune.Row{Score: *l.Score, HasScore: true, Right: l.Right}, true
	}
	return tune.Row{}, false
}
