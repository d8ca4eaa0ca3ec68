// Buckets, keys of the order buckets, and the walk that checks them at Open.

package embedded

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/askonce/askonce/cache"
)

var (
	aboutBucket       = []byte("about")
	entriesBucket     = []byte("entries")
	entryExpiryBucket = []byte("entry-expiry")
	entryAgeBucket    = []byte("entry-age")
	identitiesBucket  = []byte("identities")
	pointsBucket      = []byte("points")
	pointExpiryBucket = []byte("point-expiry")
	booksBucket       = []byte("books")    // made with its first row
	countersBucket    = []byte("counters") // made with its first counter

	bucketNames = [][]byte{
		aboutBucket, entriesBucket, entryExpiryBucket, entryAgeBucket,
		identitiesBucket, pointsBucket, pointExpiryBucket,
	}
)

const (
	keySize   = len(cache.Key{})
	timeSize  = 8
	orderSize = timeSize + keySize // a time, then a key

	// identitySize is the size of the number that stands for an embedder
	// identity in keys.
	identitySize = 4
)

// identity is the number of an embedder identity, in the form that keys have.
type identity [identitySize]byte

// putTime writes t so that bytes sort as times do, in microseconds.
func putTime(b []byte, micros int64) { binary.BigEndian.PutUint64(b, uint64(micros)^(1<<63)) }

func getTime(b []byte) int64 { return int64(binary.BigEndian.Uint64(b) ^ (1 << 63)) }

// orderKey is a row of entry-expiry or entry-age.
func orderKey(micros int64, key []byte) []byte {
	row := make([]byte, orderSize)
	putTime(row, micros)
	copy(row[timeSize:], key)
	return row
}

// pointOrderKey is a row of point-expiry.
func pointOrderKey(micros int64, key []byte, id identity) []byte {
	row := make([]byte, orderSize+identitySize)
	putTime(row, micros)
	copy(row[timeSize:], key)
	copy(row[orderSize:], id[:])
	return row
}

func fromMicros(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// tally counts what is live in the file.
type tally struct {
	entries, points, bytes int64
}

// walk visits every page of the file but the leaves of entries, whose records
// have checksums of their own, and counts what is there.
func walk(tx *bbolt.Tx) (tally, error) {
	var t tally
	for _, name := range bucketNames {
		if tx.Bucket(name) == nil {
			return t, fmt.Errorf("%w: bucket %s is missing", ErrDamaged, name)
		}
	}
	err := rows(tx.Bucket(entryExpiryBucket), orderSize, func(_, value []byte) error {
		size, _, err := decodeRow(value)
		t.entries++
		t.bytes += size
		return err
	})
	if err != nil {
		return t, err
	}
	if err := rows(tx.Bucket(entryAgeBucket), orderSize, anyRow); err != nil {
		return t, err
	}
	err = rows(tx.Bucket(pointExpiryBucket), orderSize+identitySize, func(_, value []byte) error {
		size, err := decodePointRow(value)
		t.points++
		t.bytes += size
		return err
	})
	if err != nil {
		return t, err
	}
	for _, name := range [][]byte{booksBucket, countersBucket} {
		if b := tx.Bucket(name); b != nil {
			if err := b.ForEach(anyRow); err != nil {
				return t, err
			}
		}
	}
	return t, walkPoints(tx)
}

func walkPoints(tx *bbolt.Tx) error {
	points := tx.Bucket(pointsBucket)
	return tx.Bucket(identitiesBucket).ForEach(func(_, value []byte) error {
		id, _, err := decodeIdentity(value)
		if err != nil {
			return err
		}
		b := points.Bucket(id[:])
		if b == nil {
			return fmt.Errorf("%w: the points of an identity are missing", ErrDamaged)
		}
		return rows(b, keySize, anyRow)
	})
}

func anyRow(_, _ []byte) error { return nil }

// rows visits a bucket whose keys must have one size and ascend.
func rows(b *bbolt.Bucket, size int, visit func(key, value []byte) error) error {
	var last []byte
	return b.ForEach(func(key, value []byte) error {
		if len(key) != size || bytes.Compare(last, key) >= 0 {
			return fmt.Errorf("%w: keys out of order", ErrDamaged)
		}
		last = key
		return visit(key, value)
	})
}
