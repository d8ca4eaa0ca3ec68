package cache

import (
	"context"
	"errors"
	"iter"
)

// A Scanner is a Store that can yield everything it holds, for moving a cache
// to another place. Not every store is one.
type Scanner interface {
	// Scan yields the live entries of all tenants. A store that keeps its
	// entries in the order of their keys yields them in that order, from the
	// first key behind after; one that does not takes no notice of after, and
	// may yield an entry twice. Entries that are written or deleted meanwhile
	// may be left out or not. An entry that cannot be read is yielded as its
	// key and an error that is ErrUnreadable; any other error ends the
	// sequence. The caller owns the records.
	Scan(ctx context.Context, after Key) iter.Seq2[Record, error]
}

// A VectorReader is an Index that can return the vectors it holds. Not every
// index is one.
type VectorReader interface {
	// Vectors returns the vector of each key's point, in order; nil where
	// there is none. They are as the index keeps them, which may be less
	// precise than what was written. The caller owns them.
	Vectors(ctx context.Context, keys []Key) ([][]float32, error)
}

// ErrUnreadable is yielded by a Scanner for an entry that is there and cannot
// be read. The sequence goes on behind it.
var ErrUnreadable = errors.New("cache: an entry cannot be read")

// Sealer turns entries into the records that stores keep, and back, outside of
// a running Cache. It is safe for concurrent use.
type Sealer struct{ sealer *sealer }

// NewSealer returns a Sealer for entries whose answers have up to maxEntry
// bytes.
func NewSealer(maxEntry int) (*Sealer, error) {
	s, err := newSealer(maxEntry)
	if err != nil {
		return nil, err
	}
	return &Sealer{s}, nil
}

// Seal returns the record of an entry.
func (s *Sealer) Seal(e *Entry) Record { return s.sealer.seal(e) }

// Open returns the entry of a record; a damaged one is ErrUnreadable.
func (s *Sealer) Open(r Record) (*Entry, error) {
	e, err := s.sealer.open(r)
	if err != nil {
		return nil, errors.Join(ErrUnreadable, err)
	}
	return e, nil
}

// Searchable reports whether the entry can answer questions of the same
// meaning; the others serve identical requests alone.
func (e *Entry) Searchable() bool { return e.Scope != Scope{} && e.Prompt != "" }

// Point is the entry's question in an index of the embedder with that
// identity, which has made the vector.
func (e *Entry) Point(identity string, vector []float32) Point {
	return Point{
		Key: e.Key, Scope: e.Scope.in(identity), Vector: vector, Text: e.Prompt,
		Tags: e.Meta.Tags, Created: e.Meta.Created, Expires: e.Meta.Expires,
	}
}
