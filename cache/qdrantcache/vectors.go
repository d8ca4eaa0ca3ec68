// Reading vectors back: cache.VectorReader.

package qdrantcache

import (
	"context"
	"slices"

	"github.com/qdrant/go-client/qdrant"

	"github.com/askonce/askonce/cache"
)

// readBytes bounds the vectors of one reply, below what this client and
// proxies take.
const readBytes = 2 << 20

var _ cache.VectorReader = (*Index)(nil)

// Vectors implements [cache.VectorReader]. They are the originals, also where
// the collection is quantised.
func (x *Index) Vectors(ctx context.Context, keys []cache.Key) ([][]float32, error) {
	vectors := make([][]float32, 0, len(keys))
	for step := range slices.Chunk(keys, max(1, readBytes/(4*x.options.Dimensions))) {
		found, err := x.read(ctx, step)
		if err != nil {
			return nil, err
		}
		for _, key := range step {
			vectors = append(vectors, found[key])
		}
	}
	return vectors, ctx.Err()
}

// read asks for the points of keys, in one request.
func (x *Index) read(ctx context.Context, keys []cache.Key) (map[cache.Key][]float32, error) {
	ctx, cancel := context.WithTimeout(ctx, x.options.Timeout)
	defer cancel()
	if err := x.ready(ctx); err != nil {
		return nil, err
	}
	request := &qdrant.GetPoints{
		CollectionName: x.names.alias, Ids: make([]*qdrant.PointId, len(keys)),
		WithPayload: qdrant.NewWithPayloadInclude(fieldKey), WithVectors: qdrant.NewWithVectorsEnable(true),
	}
	for i, key := range keys {
		request.Ids[i] = pointID(key)
	}
	reply, err := x.points.Get(ctx, request)
	if err != nil {
		return nil, x.failed(ctx, "read", err)
	}
	found := make(map[cache.Key][]float32, len(keys))
	for _, p := range reply.GetResult() {
		// The id is half of the key; the payload holds all of it.
		key, err := cache.ParseKey(p.GetPayload()[fieldKey].GetStringValue())
		if vector := components(p.GetVectors().GetVector()); err == nil && len(vector) == x.options.Dimensions {
			found[key] = vector
		}
	}
	return found, nil
}

// components reads a dense vector from where servers put it, or from where
// older ones did.
func components(v *qdrant.VectorOutput) []float32 {
	if dense := v.GetDense(); dense != nil {
		return dense.GetData()
	}
	return v.GetData() //nolint:staticcheck // deprecated for that reason
}
