// Feedback: somebody says that an answer was right or wrong for a question.

package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"
)

// Feedback is what somebody says of one answer.
type Feedback struct {
	Tenant string
	By     string // who: a key's id
	Right  bool

	Entry   Key    // of the answer
	Request Key    // from the receipt; zero if it is not known
	Asked   string // the question's text; "" if it is not known

	// Namespace is where a label about the same is looked for, if neither the
	// answer nor a recent hit is there any more: the label is corrected.
	Namespace string
}

// FeedbackResult is what a Feedback did.
type FeedbackResult struct {
	Namespace  string
	Evicted    bool // the entry is gone
	Remembered bool // the same question will not get that entry's answer again
	Labelled   bool // tuning can use it
}

// served is a semantic hit of a while ago, or one that shadow mode held back.
type served struct {
	place place
	entry Key
	asked string
	score float64
	judge Judge
}

// recentBytes bounds the memory of recent semantic hits.
const recentBytes = 4 << 20

func newRecent() *otter.Cache[Key, *served] {
	return otter.Must(&otter.Options[Key, *served]{
		MaximumWeight: recentBytes,
		Weigher:       func(_ Key, s *served) uint32 { return uint32(len(s.asked) + 400) },
	})
}

// noteServed remembers a semantic hit, so that feedback on it needs no text.
func (s *search) noteServed(entry *Entry, score float64) {
	s.receipt.Request = s.req.Key
	hit := &served{
		place: place{s.req.Tenant, s.req.Namespace}, entry: entry.Key, asked: s.req.Query, score: score, judge: s.c.judge(&s.rules),
	}
	s.c.recent.Set(s.req.Key, hit)
	s.c.audits.consider(s, entry, hit)
}

// Feedback takes what somebody says of an answer. A wrong one is evicted
// everywhere, and the question, if it is known, does not get that entry's
// answer again; either counts as a label for tuning. Errors: ErrNotFound (no
// such entry, and no recent hit on it), ErrNoBooks, ErrUnavailable.
func (c *Cache) Feedback(ctx context.Context, f Feedback) (FeedbackResult, error) {
	if c.books == nil {
		return FeedbackResult{}, ErrNoBooks
	}
	entry, err := c.Get(ctx, f.Tenant, f.Entry)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return FeedbackResult{}, err
	}
	if entry != nil && f.Request == (Key{}) && f.Asked != "" && entry.Meta.Kind == KindPrompt {
		f.Request = NewPrompt(f.Tenant, entry.Meta.Namespace, f.Asked).Key
	}
	hit := c.recentHit(&f)
	p := place{f.Tenant, f.Namespace}
	switch {
	case entry != nil:
		p.namespace = entry.Meta.Namespace
	case hit != nil:
		p.namespace = hit.place.namespace
	}
	label := newLabel(&f, entry, hit)
	if !label.usable() {
		known, err := c.labelOf(ctx, p, &f)
		switch {
		case err != nil:
			return FeedbackResult{}, err
		case known != nil:
			label.describe(known)
		case entry == nil:
			return FeedbackResult{}, ErrNotFound
		}
	}
	r, err := c.act(ctx, p, &f)
	if err != nil {
		return r, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	r.Labelled = label.usable()
	if err := c.addLabel(ctx, p, label); err != nil {
		return r, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	c.metrics.said(f.Right)
	c.trim(ctx, p)
	return r, nil
}

// recentHit is the hit that the feedback is about, if this replica remembers it.
func (c *Cache) recentHit(f *Feedback) *served {
	hit, ok := c.recent.GetIfPresent(f.Request)
	if !ok || hit.entry != f.Entry || hit.place.tenant != f.Tenant {
		return nil
	}
	return hit
}

// act does with an answer what feedback demands: a wrong one is taken back, and
// for a question that it is right for it may be served again.
func (c *Cache) act(ctx context.Context, p place, f *Feedback) (FeedbackResult, error) {
	if !f.Right {
		return c.takeBack(ctx, p, f)
	}
	r := FeedbackResult{Namespace: p.namespace}
	if f.Request == (Key{}) {
		return r, nil
	}
	return r, c.negatives.remove(ctx, p, pair(f.Request, f.Entry))
}

// takeBack evicts a wrong answer and remembers for which question it was wrong.
func (c *Cache) takeBack(ctx context.Context, p place, f *Feedback) (FeedbackResult, error) {
	r := FeedbackResult{Namespace: p.namespace}
	if f.Request != (Key{}) && f.Request != f.Entry {
		if err := c.negatives.add(ctx, p, pair(f.Request, f.Entry)); err != nil {
			return r, err
		}
		r.Remembered = true
	}
	var err error
	r.Evicted, err = c.Delete(ctx, f.Tenant, f.Entry)
	return r, err
}

func newLabel(f *Feedback, entry *Entry, hit *served) Label {
	l := Label{At: time.Now().UTC(), By: f.By, Source: LabelFeedback, Right: f.Right, Entry: f.Entry.String(), Asked: f.Asked}
	if f.Request != (Key{}) {
		l.Request = f.Request.String()
	}
	if entry != nil {
		l.Stored = entry.Prompt
	}
	if hit != nil {
		l.Score, l.Judge = &hit.score, &hit.judge
		if l.Asked == "" {
			l.Asked = hit.asked
		}
	}
	return l
}

// trimEvery is after how many labels of this replica the books are trimmed.
const trimEvery = 100

// trim keeps the books of a place within their bounds, now and then. What could
// not be removed is removed the next time.
func (c *Cache) trim(ctx context.Context, p place) {
	if c.labelled.Add(1)%trimEvery != 0 {
		return
	}
	err := errors.Join(
		c.trimBook(ctx, labelBook(p), "", labelsKept),
		c.trimBook(ctx, negativeBook, p.prefix(), negativesKept),
	)
	if err != nil {
		c.log.Warn("old labels could not be removed", "namespace", p.namespace, "error", err)
	}
}
