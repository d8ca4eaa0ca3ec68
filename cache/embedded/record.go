// How entries and their rows are written: checksum first, then the fields.

package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/askonce/askonce/cache"
)

const (
	sumSize = 4

	// headSize is the checksum and the two times that every entry and point
	// begins with.
	headSize = sumSize + 2*timeSize

	// maxMeta bounds what Select has to read for each entry.
	maxMeta = 64 << 10

	// maxValue keeps a record well below what the tree can hold.
	maxValue = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var (
	errNoTenant   = errors.New("embedded: a selection names no tenant")
	errZeroKey    = errors.New("embedded: a key of zeros is not allowed")
	errNoExpiry   = errors.New("embedded: Expires is not set")
	errChecksum   = fmt.Errorf("%w: a record fails its checksum", ErrDamaged)
	errBadRecord  = fmt.Errorf("%w: a record is malformed", ErrDamaged)
	errMetaSize   = fmt.Errorf("embedded: tenant, namespace, model and tags are longer than %d bytes together", maxMeta)
	errValueSize  = fmt.Errorf("embedded: value is longer than %d bytes", maxValue)
	errOverBudget = errors.New("embedded: record is larger than MaxBytes")
)

// encodedEntry is an entry in the form it is written.
type encodedEntry struct {
	key     cache.Key
	created int64
	expires int64
	record  []byte // for entries
	row     []byte // for entry-expiry
}

// size is what the entry counts for in the byte bound.
func (e *encodedEntry) size() int64 { return entrySize(len(e.record), len(e.row)) }

func entrySize(record, row int) int64 {
	return int64(keySize + record + orderSize + row + orderSize)
}

func encodeEntry(r cache.Record) (encodedEntry, error) {
	switch {
	case r.Key == cache.Key{}:
		return encodedEntry{}, errZeroKey
	case r.Meta.Expires.IsZero():
		return encodedEntry{}, errNoExpiry
	case len(r.Value) > maxValue:
		return encodedEntry{}, errValueSize
	}
	meta := appendMeta(nil, r.Meta)
	if len(meta) > maxMeta {
		return encodedEntry{}, errMetaSize
	}
	e := encodedEntry{key: r.Key, created: r.Meta.Created.UnixMicro(), expires: r.Meta.Expires.UnixMicro()}
	e.record = make([]byte, sumSize, sumSize+len(meta)+len(r.Value))
	e.record = append(append(e.record, meta...), r.Value...)
	seal(e.record)

	e.row = make([]byte, sumSize+8, sumSize+8+len(meta))
	e.row = append(e.row, meta...)
	binary.BigEndian.PutUint64(e.row[sumSize:], uint64(e.size()))
	seal(e.row)
	return e, nil
}

// appendMeta writes the times first, in fixed places.
func appendMeta(b []byte, m cache.Meta) []byte {
	b = append(b, make([]byte, 2*timeSize)...)
	times := b[len(b)-2*timeSize:]
	putTime(times, m.Created.UnixMicro())
	putTime(times[timeSize:], m.Expires.UnixMicro())
	for _, s := range []string{m.Tenant, m.Namespace, m.Kind, m.Model} {
		b = appendString(b, s)
	}
	b = binary.AppendUvarint(b, uint64(len(m.Tags)))
	for _, tag := range m.Tags {
		b = appendString(b, tag)
	}
	return b
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// seal writes the checksum of what is behind it.
func seal(record []byte) {
	binary.BigEndian.PutUint32(record, crc32.Checksum(record[sumSize:], castagnoli))
}

// unseal checks the checksum and returns what is behind it.
func unseal(record []byte) ([]byte, error) {
	if len(record) < sumSize {
		return nil, errBadRecord
	}
	if crc32.Checksum(record[sumSize:], castagnoli) != binary.BigEndian.Uint32(record) {
		return nil, errChecksum
	}
	return record[sumSize:], nil
}

// headTimes reads when an entry or point was created and when it expires,
// without its checksum.
func headTimes(record []byte) (created, expires int64, err error) {
	if len(record) < headSize {
		return 0, 0, errBadRecord
	}
	return getTime(record[sumSize:]), getTime(record[sumSize+timeSize:]), nil
}

// decodeEntry returns a record in memory of its own.
func decodeEntry(key cache.Key, record []byte) (cache.Record, error) {
	body, err := unseal(record)
	if err != nil {
		return cache.Record{}, err
	}
	meta, value, err := cutMeta(body)
	if err != nil {
		return cache.Record{}, err
	}
	return cache.Record{Key: key, Meta: meta, Value: bytes.Clone(value)}, nil
}

// decodeRow reads a value of entry-expiry: the entry's size, and its meta in
// encoded form.
func decodeRow(row []byte) (size int64, meta []byte, err error) {
	body, err := unseal(row)
	if err != nil {
		return 0, nil, err
	}
	if len(body) < 8 {
		return 0, nil, errBadRecord
	}
	return int64(binary.BigEndian.Uint64(body)), body[8:], nil
}

// cutMeta reads what appendMeta wrote and returns what follows it.
func cutMeta(b []byte) (cache.Meta, []byte, error) {
	var m cache.Meta
	if len(b) < 2*timeSize {
		return m, nil, errBadRecord
	}
	m.Created, m.Expires = fromMicros(getTime(b)), fromMicros(getTime(b[timeSize:]))
	r := reader{rest: b[2*timeSize:]}
	for _, s := range []*string{&m.Tenant, &m.Namespace, &m.Kind, &m.Model} {
		*s = string(r.bytes())
	}
	if n := r.count(); n > 0 {
		m.Tags = make([]string, n)
		for i := range m.Tags {
			m.Tags[i] = string(r.bytes())
		}
	}
	if r.bad {
		return cache.Meta{}, nil, errBadRecord
	}
	return m, r.rest, nil
}

// reader takes length-prefixed fields from the front of rest.
type reader struct {
	rest []byte
	bad  bool
}

// count reads a number that is at most the number of bytes behind it.
func (r *reader) count() int {
	n, used := binary.Uvarint(r.rest)
	if used <= 0 || n > uint64(len(r.rest)-used) {
		r.rest, r.bad = nil, true
		return 0
	}
	r.rest = r.rest[used:]
	return int(n)
}

func (r *reader) bytes() []byte {
	n := r.count()
	field := r.rest[:n]
	r.rest = r.rest[n:]
	return field
}
