package cache

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Key is the identity of an entry: SHA-256 over all that its answer depends
// on. It is the entry's public id as well (64 hexadecimal digits).
type Key [32]byte

// String returns the id in the form that users see.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// ParseKey reads an id written by [Key.String].
func ParseKey(s string) (Key, error) {
	var k Key
	if len(s) != hex.EncodedLen(len(k)) {
		return Key{}, fmt.Errorf("an entry id has 64 hexadecimal digits, this one %d", len(s))
	}
	if _, err := hex.Decode(k[:], []byte(s)); err != nil {
		return Key{}, fmt.Errorf("an entry id has 64 hexadecimal digits: %w", err)
	}
	return k, nil
}

// Scope is the digest of all that must match exactly for a semantic hit.
type Scope [32]byte

// Meta is what a store may select entries by; the rest of an entry is sealed
// in [Record.Value].
type Meta struct {
	Tenant    string
	Namespace string
	Kind      string // "prompt", or the endpoint
	Model     string // "" for prompt entries
	Tags      []string
	Created   time.Time // second resolution or finer
	Expires   time.Time
}

// Record is an entry as stores see it.
type Record struct {
	Key   Key
	Meta  Meta
	Value []byte // sealed by the cache: opaque here
}

// ErrNotFound is a miss: never stored, deleted, evicted, or expired.
var ErrNotFound = errors.New("cache: entry not found")

// ErrDamaged is a record that is there and cannot be read: a counted miss.
var ErrDamaged = errors.New("cache: a stored entry is damaged")

// A Store keeps entries under their keys. It is safe for concurrent use and
// honours the context's deadline. Errors other than ErrNotFound mean that the
// store could not tell; the cache counts them and goes on as after a miss.
type Store interface {
	// Get returns the record under key, ErrNotFound, or ErrDamaged if this one
	// record cannot be read. The caller owns the record and may keep its bytes.
	Get(ctx context.Context, key Key) (Record, error)

	// Put writes the records, replacing what is there under the same keys.
	// When it returns nil, all of them survive a crash of the process (and of
	// the store, as far as the backend is configured to promise that). After
	// an error some of them may be there. The store keeps no reference to the
	// records' memory.
	Put(ctx context.Context, records []Record) error

	// Delete removes the entries and returns how many were there.
	Delete(ctx context.Context, keys []Key) (int, error)

	// Select yields key and meta of the live entries that match, in no
	// particular order. It may be slow: no request waits for it. An error ends
	// the sequence.
	Select(ctx context.Context, by Selector) iter.Seq2[Selected, error]
}

// Selected is one entry that a Selector matched.
type Selected struct {
	Key  Key
	Meta Meta
}

// Selector names entries to select; every field that is set must match.
type Selector struct {
	Tenant        string // required: selections never cross tenants
	Namespace     string
	Model         string
	Tags          []string // all of them must be on the entry
	CreatedBefore time.Time
}

// Matches reports whether an entry with meta m is selected.
func (s Selector) Matches(m Meta) bool {
	return s.Tenant == m.Tenant &&
		(s.Namespace == "" || s.Namespace == m.Namespace) &&
		(s.Model == "" || s.Model == m.Model) &&
		(s.CreatedBefore.IsZero() || m.Created.Before(s.CreatedBefore)) &&
		hasAll(m.Tags, s.Tags)
}

// hasAll reports whether every wanted tag is among have.
func hasAll(have, want []string) bool {
	for _, w := range want {
		found := false
		for _, h := range have {
			if h == w {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// Point is one question in the index: its vector, where it counts, and what
// the verdict needs to know of it. The answer itself is only in the Store.
type Point struct {
	Key     Key
	Scope   Scope
	Vector  []float32 // unit length, as many components as the index was opened for
	Text    string    // the query text
	Tags    []string
	Created time.Time
	Expires time.Time
}

// Nearest asks an index for the neighbours of Vector within Scope.
type Nearest struct {
	Scope        Scope
	Vector       []float32 // unit length
	K            int       // how many at most; at least 1
	Tags         []string  // all of them must be on the point
	CreatedSince time.Time // zero: any
	ExpiresAfter time.Time // points that expire at or before are not returned
}

// Candidate is a stored neighbour.
type Candidate struct {
	Key        Key
	Similarity float64 // cosine, in [-1, 1], higher is nearer
	Text       string
	Created    time.Time
	Expires    time.Time
}

// ErrDimension is returned for a vector with another number of components
// than the index holds.
var ErrDimension = errors.New("cache: vector dimension does not fit the index")

// An Index finds the stored questions nearest to a new one. It is safe for
// concurrent use and honours the context's deadline.
type Index interface {
	// Nearest returns at most K candidates of the scope, nearest first, ties
	// by age, oldest first. No neighbour is an empty slice and no error. A
	// scope is never crossed, whatever the similarity.
	Nearest(ctx context.Context, query Nearest) ([]Candidate, error)

	// Upsert writes the points, replacing those with the same keys; durable
	// when it returns nil. A point with the wrong dimension fails the call
	// with ErrDimension and none is written. The index keeps no reference to
	// the points' memory.
	Upsert(ctx context.Context, points []Point) error

	// Delete removes the points with these keys; absent ones are no error.
	Delete(ctx context.Context, keys []Key) error
}

// An Embedder turns query texts into vectors.
type Embedder interface {
	// Identity names model, revision, quantisation and dimension, such as
	// "all-MiniLM-L6-v2/int8-1/384". Vectors of different identities are never
	// compared; thresholds are bound to it.
	Identity() string

	// Dimensions is the number of components of every vector.
	Dimensions() int

	// Embed returns one unit vector for each text, in order. A text that is
	// longer than the model takes is an error that has a TooLong() bool method
	// returning true: never a silent truncation.
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// A Verifier reads two questions together and tells whether the answer of the
// one fits the other. It is safe for concurrent use and honours the context's
// deadline.
type Verifier interface {
	// Identity names model, revision, quantisation and calibration, such as
	// "askonce-verifier/1/int8". Thresholds on its score are bound to it.
	Identity() string

	// Verify returns, for each stored question, the calibrated probability in
	// [0, 1] that its answer answers asked as well. similarities are the
	// cosines that belong to the stored questions. Texts that are longer
	// together than the model takes are an error that has a TooLong() bool
	// method returning true: never a silent truncation.
	Verify(ctx context.Context, asked string, stored []string, similarities []float64) ([]float64, error)
}
