// How entries are written: a head with times and meta, then the value.

package rediscache

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/askonce/askonce/cache"
)

// The layout of a record, integers big-endian:
//
//	0   1  format, 1
//	1   4  length of the head, from the format to the last tag
//	5   8  stamp of the Put, microseconds
//	13  8  created, microseconds
//	21  8  expires, microseconds
//	29     tenant, namespace, kind, model, number of tags, tags: each string
//	       after its length, lengths and number as varints
//
// The value follows the head.
const (
	recordFormat = 1
	stampAt      = 5
	createdAt    = 13
	expiresAt    = 21
	fieldsAt     = 29

	// headGuess is how much of an entry Select asks for: more than almost
	// every head.
	headGuess = 512

	maxHead  = 64 << 10
	maxValue = 256 << 20 // half of what a Redis string may hold
)

// head is what a record says of its entry.
type head struct {
	stamp int64 // of the Put that wrote it
	meta  cache.Meta
}

// encodeRecord writes a record with the stamp of its Put.
func encodeRecord(r cache.Record, stamp int64) ([]byte, error) {
	switch {
	case r.Key == cache.Key{}:
		return nil, errZeroKey
	case r.Meta.Expires.IsZero():
		return nil, errNoExpiry
	case len(r.Value) > maxValue:
		return nil, errValueSize
	}
	b := make([]byte, fieldsAt, fieldsAt+metaRoom(r.Meta)+len(r.Value))
	b[0] = recordFormat
	binary.BigEndian.PutUint64(b[stampAt:], uint64(stamp))
	binary.BigEndian.PutUint64(b[createdAt:], uint64(r.Meta.Created.UnixMicro()))
	binary.BigEndian.PutUint64(b[expiresAt:], uint64(r.Meta.Expires.UnixMicro()))
	for _, s := range []string{r.Meta.Tenant, r.Meta.Namespace, r.Meta.Kind, r.Meta.Model} {
		b = appendString(b, s)
	}
	b = binary.AppendUvarint(b, uint64(len(r.Meta.Tags)))
	for _, tag := range r.Meta.Tags {
		b = appendString(b, tag)
	}
	if len(b) > maxHead {
		return nil, errMetaSize
	}
	binary.BigEndian.PutUint32(b[1:], uint32(len(b)))
	return append(b, r.Value...), nil
}

// metaRoom is at least what the strings of m take.
func metaRoom(m cache.Meta) int {
	room := len(m.Tenant) + len(m.Namespace) + len(m.Kind) + len(m.Model) + 5*binary.MaxVarintLen32
	for _, tag := range m.Tags {
		room += len(tag) + binary.MaxVarintLen32
	}
	return room
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// headSize returns the length of the head that a record begins with; at least
// five bytes of it are needed.
func headSize(record string) (int, error) {
	if len(record) < stampAt {
		return 0, fmt.Errorf("%w: %d bytes", ErrDamaged, len(record))
	}
	if record[0] != recordFormat {
		return 0, fmt.Errorf("%w: it has format %d, this program reads %d", ErrDamaged, record[0], recordFormat)
	}
	n := int(record[1])<<24 | int(record[2])<<16 | int(record[3])<<8 | int(record[4])
	if n < fieldsAt || n > maxHead {
		return 0, fmt.Errorf("%w: its head has %d bytes", ErrDamaged, n)
	}
	return n, nil
}

// decodeHead reads a record's head and returns its length. The strings of the
// head are parts of record.
func decodeHead(record string) (head, int, error) {
	size, err := headSize(record)
	if err != nil {
		return head{}, 0, err
	}
	if size > len(record) {
		return head{}, 0, fmt.Errorf("%w: it ends within its head", ErrDamaged)
	}
	h := head{stamp: number(record[stampAt:]), meta: cache.Meta{
		Created: time.UnixMicro(number(record[createdAt:])),
		Expires: time.UnixMicro(number(record[expiresAt:])),
	}}
	r := reader{rest: record[fieldsAt:size]}
	h.meta.Tenant, h.meta.Namespace = r.string(), r.string()
	h.meta.Kind, h.meta.Model = r.string(), r.string()
	if n := r.count(); n > 0 {
		h.meta.Tags = make([]string, n)
		for i := range h.meta.Tags {
			h.meta.Tags[i] = r.string()
		}
	}
	if r.bad || r.rest != "" {
		return head{}, 0, fmt.Errorf("%w: its head is malformed", ErrDamaged)
	}
	return h, size, nil
}

// number reads eight bytes.
func number(s string) int64 {
	var n uint64
	for i := range 8 {
		n = n<<8 | uint64(s[i])
	}
	return int64(n)
}

// reader takes length-prefixed fields from the front of rest.
type reader struct {
	rest string
	bad  bool
}

// count reads a number that is at most the number of bytes behind it.
func (r *reader) count() int {
	var n uint64
	for i := 0; i < len(r.rest) && i < binary.MaxVarintLen32; i++ {
		c := r.rest[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			if n > uint64(len(r.rest)-i-1) {
				break
			}
			r.rest = r.rest[i+1:]
			return int(n)
		}
	}
	r.rest, r.bad = "", true
	return 0
}

func (r *reader) string() string {
	n := r.count()
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}
