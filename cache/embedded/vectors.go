// Reading vectors back: cache.VectorReader on the data file.

package embedded

import (
	"context"
	"math"

	"go.etcd.io/bbolt"

	"github.com/askonce/askonce/cache"
)

var _ cache.VectorReader = (*index)(nil)

// Vectors implements [cache.VectorReader]. The components come from 16 bits of
// fixed point, so that each is within 2^-15 or so of what was written.
func (x *index) Vectors(ctx context.Context, keys []cache.Key) ([][]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	vectors := make([][]float32, len(keys))
	err := x.db.guarded(func() error {
		return x.db.file.bolt.View(func(tx *bbolt.Tx) error {
			points := tx.Bucket(pointsBucket).Bucket(x.number[:])
			if points == nil {
				return errBadRecord
			}
			fixed := make([]int16, x.dimensions)
			for i, key := range keys {
				// A point that fails its checksum is not in the index either.
				if p, err := decodePoint(key[:], points.Get(key[:]), fixed); err == nil {
					vectors[i] = unit(p.Vector)
				}
			}
			return nil
		})
	})
	return vectors, err
}

// unit is the vector of length 1 in the direction of a fixed-point one; nil if
// that has none.
func unit(fixed []int16) []float32 {
	var sum float64
	for _, x := range fixed {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return nil
	}
	vector := make([]float32, len(fixed))
	for i, x := range fixed {
		vector[i] = float32(float64(x) / math.Sqrt(sum))
	}
	return vector
}
