// How points and identities are written.

package embedded

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/embedded/internal/flat"
)

// maxText bounds a point's text and tags: far longer than what an embedder
// takes.
const maxText = 1 << 20

var errTextSize = fmt.Errorf("embedded: text and tags of a point are longer than %d bytes", maxText)

// encodedPoint is a point in the form it is written, and in the form it is
// searched.
type encodedPoint struct {
	flat   flat.Point
	record []byte
}

func (p *encodedPoint) size() int64 { return pointSize(len(p.record)) }

func pointSize(record int) int64 {
	return int64(keySize + record + orderSize + identitySize + 8)
}

func encodePoint(p cache.Point, dimensions int) (encodedPoint, error) {
	switch {
	case len(p.Vector) != dimensions:
		return encodedPoint{}, fmt.Errorf("%w: %d components, %d expected", cache.ErrDimension, len(p.Vector), dimensions)
	case p.Key == cache.Key{}:
		return encodedPoint{}, errZeroKey
	case p.Expires.IsZero():
		return encodedPoint{}, errNoExpiry
	}
	e := encodedPoint{flat: flat.Point{
		Key: p.Key, Scope: p.Scope, Created: p.Created.UnixMicro(), Expires: p.Expires.UnixMicro(),
		Text: p.Text, Tags: flat.PackTags(p.Tags), Vector: make([]int16, dimensions),
	}}
	if len(e.flat.Text)+len(e.flat.Tags) > maxText {
		return encodedPoint{}, errTextSize
	}
	if err := flat.Quantise(p.Vector, e.flat.Vector); err != nil {
		return encodedPoint{}, fmt.Errorf("embedded: %w", err)
	}
	e.record = encodePointRecord(&e.flat)
	return e, nil
}

func encodePointRecord(p *flat.Point) []byte {
	b := make([]byte, headSize, headSize+len(p.Scope)+len(p.Tags)+len(p.Text)+2*binary.MaxVarintLen32+2*len(p.Vector))
	putTime(b[sumSize:], p.Created)
	putTime(b[sumSize+timeSize:], p.Expires)
	b = append(b, p.Scope[:]...)
	b = appendString(b, p.Tags)
	b = appendString(b, p.Text)
	for _, x := range p.Vector {
		b = binary.LittleEndian.AppendUint16(b, uint16(x))
	}
	seal(b)
	return b
}

// decodePoint reads a point; its vector is written to vector, which has the
// index's number of components.
func decodePoint(key, record []byte, vector []int16) (flat.Point, error) {
	body, err := unseal(record)
	if err != nil {
		return flat.Point{}, err
	}
	p := flat.Point{Vector: vector}
	if len(body) < 2*timeSize+len(p.Scope) || len(key) != keySize {
		return flat.Point{}, errBadRecord
	}
	p.Key = cache.Key(key)
	p.Created, p.Expires = getTime(body), getTime(body[timeSize:])
	r := reader{rest: body[2*timeSize+copy(p.Scope[:], body[2*timeSize:]):]}
	p.Tags, p.Text = string(r.bytes()), string(r.bytes())
	if r.bad || len(r.rest) != 2*len(vector) {
		return flat.Point{}, errBadRecord
	}
	for i := range vector {
		vector[i] = int16(binary.LittleEndian.Uint16(r.rest[2*i:]))
	}
	return p, nil
}

// A row of point-expiry holds the point's size.
func encodePointRow(size int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(size)) }

func decodePointRow(row []byte) (int64, error) {
	if len(row) != 8 || binary.BigEndian.Uint64(row) > math.MaxInt32 {
		return 0, errBadRecord
	}
	return int64(binary.BigEndian.Uint64(row)), nil
}

// A row of identities holds number and dimensions. It is sealed, because a
// wrong dimension would keep the index from opening.
func encodeIdentity(id identity, dimensions int) []byte {
	row := make([]byte, sumSize, sumSize+identitySize+4)
	row = binary.BigEndian.AppendUint32(append(row, id[:]...), uint32(dimensions))
	seal(row)
	return row
}

func decodeIdentity(row []byte) (id identity, dimensions int, err error) {
	body, err := unseal(row)
	if err != nil {
		return id, 0, err
	}
	if len(body) != identitySize+4 {
		return id, 0, errBadRecord
	}
	return identity(body[:identitySize]), int(binary.BigEndian.Uint32(body[identitySize:])), nil
}
