// One write transaction: what can be done in it, and what it counts.

package embedded

import (
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/embedded/internal/flat"
)

// appendFill is how full pages are left where keys mostly ascend.
const appendFill = 0.9

// evictAtLeast is how many entries a transaction may evict beyond those that
// it wrote, so that a lowered bound is reached in steps.
const evictAtLeast = 256

// batch is an open write transaction. The changes run after its commit.
type batch struct {
	db    *DB
	stats Stats

	entries, entryExpiry, entryAge  *bbolt.Bucket
	identities, points, pointExpiry *bbolt.Bucket

	put     int // entries and points
	changes []func()
}

func (b *batch) open(tx *bbolt.Tx) {
	b.entries = tx.Bucket(entriesBucket)
	b.entryExpiry = tx.Bucket(entryExpiryBucket)
	b.entryAge = tx.Bucket(entryAgeBucket)
	b.identities = tx.Bucket(identitiesBucket)
	b.points = tx.Bucket(pointsBucket)
	b.pointExpiry = tx.Bucket(pointExpiryBucket)
	b.entryAge.FillPercent = appendFill // expiries are jittered and come in no order
}

// putEntry writes e in place of what is under its key.
func (b *batch) putEntry(e *encodedEntry) error {
	if _, _, err := b.removeEntry(e.key[:]); err != nil {
		return err
	}
	b.put++
	b.stats.Entries++
	b.stats.Bytes += e.size()
	if err := b.entries.Put(e.key[:], e.record); err != nil {
		return err
	}
	if err := b.entryExpiry.Put(orderKey(e.expires, e.key[:]), e.row); err != nil {
		return err
	}
	return b.entryAge.Put(orderKey(e.created, e.key[:]), nil)
}

// removeEntry removes an entry and its rows. It returns whether there was one,
// and when it expires.
func (b *batch) removeEntry(key []byte) (expires int64, found bool, err error) {
	record := b.entries.Get(key)
	if record == nil {
		return 0, false, nil
	}
	created, expires, err := headTimes(record)
	if err != nil {
		return 0, false, err
	}
	byExpiry := orderKey(expires, key)
	b.stats.Entries--
	b.stats.Bytes -= entrySize(len(record), len(b.entryExpiry.Get(byExpiry)))
	if err := b.entries.Delete(key); err != nil {
		return 0, false, err
	}
	if err := b.entryExpiry.Delete(byExpiry); err != nil {
		return 0, false, err
	}
	return expires, true, b.entryAge.Delete(orderKey(created, key))
}

// putPoint writes p in place of what the identity has under its key.
func (b *batch) putPoint(x *index, p *encodedPoint) error {
	points, err := b.pointsOf(x.number)
	if err != nil {
		return err
	}
	key := p.flat.Key[:]
	if err := b.removePoint(points, x.number, key); err != nil {
		return err
	}
	b.put++
	b.stats.Points++
	b.stats.Bytes += p.size()
	if err := points.Put(key, p.record); err != nil {
		return err
	}
	return b.pointExpiry.Put(pointOrderKey(p.flat.Expires, key, x.number), encodePointRow(p.size()))
}

// removePoint removes a point of one identity from the file.
func (b *batch) removePoint(points *bbolt.Bucket, id identity, key []byte) error {
	record := points.Get(key)
	if record == nil {
		return nil
	}
	_, expires, err := headTimes(record)
	if err != nil {
		return err
	}
	b.stats.Points--
	b.stats.Bytes -= pointSize(len(record))
	if err := points.Delete(key); err != nil {
		return err
	}
	return b.pointExpiry.Delete(pointOrderKey(expires, key, id))
}

// dropPoint removes a point of one identity from the file, and from memory
// once that is committed.
func (b *batch) dropPoint(id identity, key cache.Key) error {
	points, err := b.pointsOf(id)
	if err != nil {
		return err
	}
	if err := b.removePoint(points, id, key[:]); err != nil {
		return err
	}
	if x := b.db.openIndex(id); x != nil {
		b.changes = append(b.changes, func() { x.flat.Delete(key) })
	}
	return nil
}

// dropPoints removes the points of an entry, whatever their identity.
func (b *batch) dropPoints(key cache.Key) error {
	return b.identities.ForEach(func(_, value []byte) error {
		id, _, err := decodeIdentity(value)
		if err != nil {
			return err
		}
		return b.dropPoint(id, key)
	})
}

func (b *batch) pointsOf(id identity) (*bbolt.Bucket, error) {
	points := b.points.Bucket(id[:])
	if points == nil {
		return nil, fmt.Errorf("%w: the points of an identity are missing", ErrDamaged)
	}
	return points, nil
}

// indexPoint adds a point to memory once it is committed.
func (b *batch) indexPoint(x *index, p flat.Point) {
	b.changes = append(b.changes, func() { x.flat.Upsert(p) })
}
