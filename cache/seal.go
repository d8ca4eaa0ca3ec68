package cache

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"time"

	"github.com/klauspost/compress/zstd"
)

// The envelope of a stored entry:
//
//	version (1 byte) | codec (1 byte) | CRC-32C (4 bytes, big endian) | payload
//
// The checksum covers key, tenant and payload, so that an entry that a store
// returns under another key or to another tenant is damage too.
const (
	sealVersion = 1
	sealHeader  = 6

	codecRaw  = 0
	codecZstd = 1

	compressFrom = 256 // bytes of payload; less is not worth the call
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sealer turns entries into records and back.
type sealer struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

func newSealer(maxEntry int) (*sealer, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("cache: zstd: %w", err)
	}
	// Prompt and response are both bounded; a payload that unfolds to more
	// than they can be is not one of ours.
	limit := uint64(maxEntry)*2 + 64<<20
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(limit))
	if err != nil {
		return nil, fmt.Errorf("cache: zstd: %w", err)
	}
	return &sealer{enc: enc, dec: dec}, nil
}

func (s *sealer) seal(e *Entry) Record {
	payload := appendPayload(nil, e)
	value := make([]byte, sealHeader, sealHeader+len(payload))
	value[0], value[1] = sealVersion, codecRaw
	if len(payload) >= compressFrom {
		value = s.enc.EncodeAll(payload, value)
		value[1] = codecZstd
	}
	if value[1] == codecRaw || len(value) >= sealHeader+len(payload) {
		value = append(value[:sealHeader], payload...)
		value[1] = codecRaw
	}
	binary.BigEndian.PutUint32(value[2:], checksum(e.Key, e.Meta.Tenant, value[sealHeader:]))
	return Record{Key: e.Key, Meta: e.Meta, Value: value}
}

func (s *sealer) open(rec Record) (*Entry, error) {
	if len(rec.Value) < sealHeader || rec.Value[0] != sealVersion {
		return nil, ErrDamaged
	}
	payload := rec.Value[sealHeader:]
	if binary.BigEndian.Uint32(rec.Value[2:]) != checksum(rec.Key, rec.Meta.Tenant, payload) {
		return nil, ErrDamaged
	}
	switch rec.Value[1] {
	case codecRaw:
	case codecZstd:
		var err error
		if payload, err = s.dec.DecodeAll(payload, nil); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	default:
		return nil, ErrDamaged
	}
	e := &Entry{Key: rec.Key, Meta: rec.Meta}
	if !readPayload(e, payload) {
		return nil, ErrDamaged
	}
	return e, nil
}

func checksum(key Key, tenant string, payload []byte) uint32 {
	crc := crc32.Update(0, castagnoli, key[:])
	crc = crc32.Update(crc, castagnoli, []byte(tenant))
	return crc32.Update(crc, castagnoli, payload)
}

// Flags of a payload.
const (
	flagUsage = 1 << iota // the usage was reported
	flagTook              // behind the usage is how long the answer took
)

// appendPayload writes scope, usage, duration, prompt and response; texts behind their
// lengths, numbers as unsigned varints.
func appendPayload(dst []byte, e *Entry) []byte {
	dst = append(dst, e.Scope[:]...)
	flags, took := byte(0), e.Took.Milliseconds()
	if e.HasUsage {
		flags |= flagUsage
	}
	if took > 0 {
		flags |= flagTook
	}
	dst = append(dst, flags)
	for _, n := range []int64{e.Usage.Input, e.Usage.Output, e.Usage.Cached} {
		dst = binary.AppendUvarint(dst, uint64(max(0, n)))
	}
	if took > 0 {
		dst = binary.AppendUvarint(dst, uint64(took))
	}
	dst = binary.AppendUvarint(dst, uint64(len(e.Prompt)))
	dst = append(dst, e.Prompt...)
	dst = binary.AppendUvarint(dst, uint64(len(e.Response)))
	return append(dst, e.Response...)
}

func readPayload(e *Entry, p []byte) bool {
	if len(p) < len(e.Scope)+1 {
		return false
	}
	p = p[copy(e.Scope[:], p):]
	flags := p[0]
	e.HasUsage = flags&flagUsage != 0
	r := payloadReader{rest: p[1:], ok: true}
	e.Usage.Input = int64(r.number())
	e.Usage.Output = int64(r.number())
	e.Usage.Cached = int64(r.number())
	if flags&flagTook != 0 {
		e.Took = time.Duration(r.number()) * time.Millisecond
	}
	e.Prompt = string(r.bytes())
	e.Response = r.bytes()
	return r.ok && len(r.rest) == 0
}

type payloadReader struct {
	rest []byte
	ok   bool
}

func (r *payloadReader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.ok, r.rest = false, nil
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *payloadReader) bytes() []byte {
	n := r.number()
	if n > uint64(len(r.rest)) {
		r.ok, r.rest = false, nil
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// jitter is a random duration in [0, limit).
func jitter(limit time.Duration) time.Duration {
	if limit <= 0 {
		return 0
	}
	return rand.N(limit)
}
