package cache

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/askonce/askonce/internal/llm"
)

// Stored is an answer that a caller brings.
type Stored struct {
	Response  []byte // one JSON value; the cache keeps a reference
	Usage     llm.Usage
	HasUsage  bool
	ExactOnly bool // may serve identical requests alone

	Took time.Duration // to make the answer; 0 if it is not known

	// Substitute says that another model than the one asked for answered: Keep
	// does not keep that, unless the namespace allows it.
	Substitute bool
}

// StoreResult tells what a Store did.
type StoreResult struct {
	Key      Key
	Expires  time.Time
	Semantic string // "stored" or "skipped"
	Reason   Reason // why it was skipped
}

// Store keeps an answer under req. When it returns without an error, the entry
// is durable, and its vector too unless the result says that it was skipped.
// Errors: ErrTooLarge, ErrUnavailable (nothing was stored, or not for sure).
func (c *Cache) Store(ctx context.Context, req *Request, answer Stored) (StoreResult, error) {
	if len(answer.Response) > c.opts.MaxEntryBytes {
		return StoreResult{}, ErrTooLarge
	}
	rules, _ := c.rules(req)
	entry := c.newEntry(req, rules, answer, time.Now())
	if err := c.putEntries(ctx, []Record{c.seal.seal(entry)}); err != nil {
		return StoreResult{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	c.l1.put(entry)
	result := StoreResult{Key: entry.Key, Expires: entry.Meta.Expires, Semantic: "skipped"}
	if result.Reason = c.indexes(req, rules, answer.ExactOnly); result.Reason != "" {
		return result, nil
	}
	if result.Reason = c.storePoint(ctx, entry); result.Reason == "" {
		result.Semantic = "stored"
	}
	return result, nil
}

// Keep stores an answer without waiting: it is visible on this replica at
// once, and durable soon. What the queue cannot take is dropped and counted.
func (c *Cache) Keep(req *Request, answer Stored) {
	if len(answer.Response) > c.opts.MaxEntryBytes {
		c.metrics.kept.WithLabelValues("too_large").Inc()
		return
	}
	rules, _ := c.rules(req)
	if rules.Mode == ModeOff || req.NoStore {
		c.metrics.kept.WithLabelValues("not_asked").Inc()
		return
	}
	if answer.Substitute && !rules.AllowSubstitutes {
		c.metrics.kept.WithLabelValues("substitute").Inc()
		return
	}
	entry := c.newEntry(req, rules, answer, time.Now())
	c.metrics.kept.WithLabelValues("kept").Inc()
	c.l1.put(entry)
	c.queue.add(write{entry: entry, index: c.indexes(req, rules, answer.ExactOnly) == ""})
}

func (c *Cache) newEntry(req *Request, rules Rules, answer Stored, now time.Time) *Entry {
	e := &Entry{
		Key: req.Key,
		Meta: Meta{
			Tenant: req.Tenant, Namespace: req.Namespace, Kind: req.Kind, Model: req.Model,
			Tags: slices.Clone(req.Tags), Created: now, Expires: c.expiry(now, req.TTL, rules.TTL),
		},
		Prompt: req.Query, Response: answer.Response, Usage: answer.Usage, HasUsage: answer.HasUsage,
		Took: answer.Took,
	}
	if !answer.ExactOnly {
		e.Scope = req.Scope
	}
	return e
}

// indexes is why an answer to req has no place in the semantic layer; "" if it
// has one.
func (c *Cache) indexes(req *Request, rules Rules, exactOnly bool) Reason {
	switch {
	case exactOnly:
		return ReasonExactMode
	case req.Query == "":
		return Reason(req.NoQuery)
	case rules.Mode == ModeExact:
		return ReasonExactMode
	case c.embedder.off:
		return ReasonNoEmbedder
	}
	return ""
}

func (c *Cache) putEntries(ctx context.Context, records []Record) error {
	_, err := ask(ctx, c.storeWrites, patience{timeout: c.opts.WriteTimeout}, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.opts.Store.Put(ctx, records)
	})
	return err
}

func (c *Cache) putPoints(ctx context.Context, points []Point) error {
	_, err := ask(ctx, c.indexWrites, patience{timeout: c.opts.WriteTimeout}, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.opts.Index.Upsert(ctx, points)
	})
	return err
}

// storePoint embeds an entry's question and writes its point; it returns why
// it did not.
func (c *Cache) storePoint(ctx context.Context, e *Entry) Reason {
	vector, err := c.embed(ctx, e.Meta.Tenant, e.Prompt, patience{timeout: c.opts.WriteTimeout})
	switch {
	case isTooLong(err):
		return ReasonTooLong
	case err != nil:
		return ReasonEmbedUnavailable
	}
	if err := c.putPoints(ctx, []Point{e.Point(c.identity, vector)}); err != nil {
		if errors.Is(err, ErrDimension) {
			c.log.Error("cache: the index does not fit the embedder", "error", err)
		}
		return ReasonIndexUnavailable
	}
	return ""
}
