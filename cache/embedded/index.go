// The points of one embedder identity: cache.Index on the data file.

package embedded

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/embedded/internal/flat"
)

var (
	errNoIdentity = errors.New("embedded: an index needs the identity of its embedder")
	errZeroK      = errors.New("embedded: K is below 1")
)

// index is the points of one identity, on disk and in memory.
type index struct {
	db         *DB
	number     identity
	dimensions int
	flat       *flat.Index
}

// Index returns the index for vectors of that embedder identity and dimension.
// The first call for an identity loads its points into memory. Other
// identities' points are not touched. An identity that is in the file with
// another dimension is cache.ErrDimension.
func (db *DB) Index(identity string, dimensions int) (cache.Index, error) {
	if identity == "" {
		return nil, errNoIdentity
	}
	if dimensions < 1 || dimensions > flat.MaxDimensions {
		return nil, fmt.Errorf("embedded: %d dimensions: from 1 to %d are possible", dimensions, flat.MaxDimensions)
	}
	db.indexing.Lock()
	defer db.indexing.Unlock()
	db.mu.RLock()
	x := db.indexes[identity]
	db.mu.RUnlock()
	if x == nil {
		x = &index{db: db, dimensions: dimensions, flat: flat.New(dimensions)}
		if err := db.load(identity, x); err != nil {
			return nil, err
		}
	}
	if x.dimensions != dimensions {
		return nil, fmt.Errorf("%w: %s is open with %d", cache.ErrDimension, identity, x.dimensions)
	}
	return x, nil
}

// load fills x from the file and makes it known. It runs as a write, so that
// none comes in between. A wrong dimension is no error of the transaction,
// which may hold other callers' writes.
func (db *DB) load(identity string, x *index) error {
	var refused error
	err := db.writes.commit(context.Background(), 0, func(b *batch) error {
		if err := b.number(identity, x); errors.Is(err, cache.ErrDimension) {
			refused = err
			return nil
		} else if err != nil {
			return err
		}
		points, err := b.pointsOf(x.number)
		if err != nil {
			return err
		}
		bad := 0
		db.file.readWidely(func() { bad = x.read(points) })
		if bad > 0 {
			db.log.Error("points that fail their checksum are left out of the index", "points", bad, "identity", identity)
		}
		db.mu.Lock()
		defer db.mu.Unlock()
		db.indexes[identity] = x
		return nil
	})
	if err != nil {
		db.mu.Lock()
		defer db.mu.Unlock()
		delete(db.indexes, identity)
		return err
	}
	return refused
}

// number finds the identity's number, or gives it the next one.
func (b *batch) number(name string, x *index) error {
	if row := b.identities.Get([]byte(name)); row != nil {
		id, dimensions, err := decodeIdentity(row)
		if err != nil {
			return err
		}
		if dimensions != x.dimensions {
			return fmt.Errorf("%w: %s is stored with %d", cache.ErrDimension, name, dimensions)
		}
		x.number = id
		return nil
	}
	next, err := b.identities.NextSequence()
	if err != nil {
		return err
	}
	binary.BigEndian.PutUint32(x.number[:], uint32(next))
	if _, err := b.points.CreateBucket(x.number[:]); err != nil {
		return err
	}
	return b.identities.Put([]byte(name), encodeIdentity(x.number, x.dimensions))
}

// read adds the live points to memory and returns how many can't be read.
func (x *index) read(points *bbolt.Bucket) (bad int) {
	live := now()
	vector := make([]int16, x.dimensions)
	c := points.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		p, err := decodePoint(k, v, vector)
		switch {
		case err != nil:
			bad++
		case p.Expires > live:
			x.flat.Upsert(p)
		}
	}
	return bad
}

// openIndex returns the open index with that number, or nil.
func (db *DB) openIndex(id identity) *index {
	db.mu.RLock()
	defer db.mu.RUnlock()
	for _, x := range db.indexes {
		if x.number == id {
			return x
		}
	}
	return nil
}

// Nearest implements [cache.Index]. It reads only memory.
func (x *index) Nearest(ctx context.Context, q cache.Nearest) ([]cache.Candidate, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(q.Vector) != x.dimensions {
		return nil, fmt.Errorf("%w: %d components, %d expected", cache.ErrDimension, len(q.Vector), x.dimensions)
	}
	if q.K < 1 {
		return nil, errZeroK
	}
	found, err := x.flat.Nearest(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("embedded: %w", err)
	}
	return found, nil
}

// Upsert implements [cache.Index]. The points are written in one transaction
// and are found when it returns.
func (x *index) Upsert(ctx context.Context, points []cache.Point) error {
	if len(points) == 0 {
		return ctx.Err()
	}
	encoded := make([]encodedPoint, len(points))
	size := 0
	for i, p := range points {
		e, err := encodePoint(p, x.dimensions)
		if err != nil {
			return err
		}
		encoded[i] = e
		size += int(e.size())
	}
	return x.db.writes.commit(ctx, size, func(b *batch) error {
		for i := range encoded {
			if err := b.putPoint(x, &encoded[i]); err != nil {
				return err
			}
			b.indexPoint(x, encoded[i].flat)
		}
		return nil
	})
}

// Delete implements [cache.Index].
func (x *index) Delete(ctx context.Context, keys []cache.Key) error {
	if len(keys) == 0 {
		return ctx.Err()
	}
	for step := range slices.Chunk(slices.Clone(keys), removeStep) {
		if err := x.deletePoints(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

func (x *index) deletePoints(ctx context.Context, keys []cache.Key) error {
	return x.db.writes.commit(ctx, len(keys)*keySize, func(b *batch) error {
		for _, key := range keys {
			if err := b.dropPoint(x.number, key); err != nil {
				return err
			}
		}
		return nil
	})
}
