// The semantic layer of an import: the file's vectors, or new ones.

package transfer

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/askonce/askonce/cache"
)

// embedTexts is how many texts are embedded in one call: what the servers of
// models commonly take.
const embedTexts = 32

// embedders is how many calls of the embedder are made at the same time, and
// no more than there are processors.
const embedders = 8

// index writes the points of those items that have one.
func (im *importer) index(ctx context.Context, items []Item) error {
	if im.options.Index == nil {
		return nil
	}
	var points []cache.Point
	var without []*cache.Entry
	for _, item := range items {
		e := item.Entry
		switch {
		case !e.Searchable() || im.options.Indexes != nil && !im.options.Indexes(e.Meta.Tenant, e.Meta.Namespace):
		case item.Vector != nil && im.fits:
			points = append(points, e.Point(im.identity, item.Vector))
		default:
			without = append(without, e)
		}
	}
	embedded, err := im.embedAll(ctx, without)
	if err != nil {
		return fmt.Errorf("embedder: %w", err)
	}
	points = append(points, embedded...)
	if err := im.options.Index.Upsert(ctx, points); err != nil {
		return fmt.Errorf("vectors: %w", err)
	}
	im.done.Vectors += len(points)
	im.done.Embedded += len(embedded)
	im.done.TooLong += len(without) - len(embedded)
	return nil
}

// embedAll makes the points of entries, without those whose prompts are too
// long.
func (im *importer) embedAll(ctx context.Context, entries []*cache.Entry) ([]cache.Point, error) {
	parts := slices.Collect(slices.Chunk(entries, embedTexts))
	points := make([][]cache.Point, len(parts))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(min(embedders, runtime.GOMAXPROCS(0)))
	for i, part := range parts {
		group.Go(func() (err error) {
			points[i], err = im.embed(ctx, part)
			return err
		})
	}
	err := group.Wait()
	return slices.Concat(points...), err
}

// embed makes the points of entries in one call. If one of them is too long,
// halves are asked for until it stands alone.
func (im *importer) embed(ctx context.Context, entries []*cache.Entry) ([]cache.Point, error) {
	texts := make([]string, len(entries))
	for i, e := range entries {
		texts[i] = e.Prompt
	}
	vectors, err := im.options.Embedder.Embed(ctx, texts)
	switch {
	case tooLong(err) && len(entries) == 1:
		return nil, nil
	case tooLong(err):
		half := len(entries) / 2
		first, err := im.embed(ctx, entries[:half])
		if err != nil {
			return nil, err
		}
		second, err := im.embed(ctx, entries[half:])
		return append(first, second...), err
	case err != nil:
		return nil, err
	case len(vectors) != len(entries):
		return nil, fmt.Errorf("%d vectors for %d texts", len(vectors), len(entries))
	}
	points := make([]cache.Point, len(entries))
	for i, e := range entries {
		points[i] = e.Point(im.identity, vectors[i])
	}
	return points, nil
}

// tooLong reports whether an embedder refused a text for its length, see
// [cache.Embedder].
func tooLong(err error) bool {
	var refused interface{ TooLong() bool }
	return errors.As(err, &refused) && refused.TooLong()
}
