// Upsert and Delete.

package qdrantcache

import (
	"context"
	"slices"

	"github.com/qdrant/go-client/qdrant"

	"github.com/askonce/askonce/cache"
)

const (
	// upsertBytes bounds a request well below the 4 MiB that proxies and
	// servers take if nobody told them otherwise.
	upsertBytes = 2 << 20

	deleteKeys = 1000
)

// Upsert implements [cache.Index]. Many points go in several requests; after
// an error, some of them may be there.
func (x *Index) Upsert(ctx context.Context, points []cache.Point) error {
	for _, p := range points {
		if err := x.checkPoint(p); err != nil {
			return err
		}
	}
	for len(points) > 0 {
		n := x.fitting(points)
		if err := x.upsert(ctx, points[:n]); err != nil {
			return err
		}
		points = points[n:]
	}
	return ctx.Err()
}

// fitting returns how many points go into one request: at least one.
func (x *Index) fitting(points []cache.Point) int {
	total := 0
	for i, p := range points {
		total += x.size(p)
		if total > upsertBytes && i > 0 {
			return i
		}
	}
	return len(points)
}

func (x *Index) upsert(ctx context.Context, points []cache.Point) error {
	ctx, cancel := context.WithTimeout(ctx, x.options.Timeout)
	defer cancel()
	if err := x.ready(ctx); err != nil {
		return err
	}
	request := &qdrant.UpsertPoints{
		CollectionName: x.names.alias,
		Points:         make([]*qdrant.PointStruct, len(points)),
		Wait:           qdrant.PtrOf(true),
		Ordering:       weak(),
	}
	for i, p := range points {
		request.Points[i] = x.encode(p)
	}
	if _, err := x.points.Upsert(ctx, request); err != nil {
		return x.failed(ctx, "upsert", err)
	}
	return nil
}

// Delete implements [cache.Index].
func (x *Index) Delete(ctx context.Context, keys []cache.Key) error {
	for step := range slices.Chunk(keys, deleteKeys) {
		ids := make([]*qdrant.PointId, len(step))
		for i, k := range step {
			ids[i] = pointID(k)
		}
		if err := x.remove(ctx, "delete", qdrant.NewPointsSelectorIDs(ids)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (x *Index) remove(ctx context.Context, call string, which *qdrant.PointsSelector) error {
	ctx, cancel := context.WithTimeout(ctx, x.options.Timeout)
	defer cancel()
	if err := x.ready(ctx); err != nil {
		return err
	}
	_, err := x.points.Delete(ctx, &qdrant.DeletePoints{
		CollectionName: x.names.alias, Points: which, Wait: qdrant.PtrOf(true), Ordering: weak(),
	})
	if err != nil {
		return x.failed(ctx, call, err)
	}
	return nil
}

// weak lets every replica of a shard take writes; see the package's comment.
func weak() *qdrant.WriteOrdering {
	return &qdrant.WriteOrdering{Type: qdrant.WriteOrderingType_Weak}
}
