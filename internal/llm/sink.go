// The sink: canonical tokens on their way into a hash.

package llm

import (
	"bytes"
	"encoding/binary"
	"hash"
	"unicode/utf8"
)

// sinkSize is how much a sink gathers before it hashes; longer pieces are
// hashed where they lie, so that an image is never copied.
const sinkSize = 1 << 10

// A sink feeds a hash from small pieces.
type sink struct {
	hash hash.Hash
	buf  []byte
}

// begin forgets what was written.
func (s *sink) begin() {
	s.hash.Reset()
	s.buf = s.buf[:0]
}

func (s *sink) byte(b byte) { s.buf = append(s.buf, b) }

// head begins a digest of that purpose.
func (s *sink) head(purpose string, ep Endpoint) {
	s.begin()
	s.buf = append(s.buf, keyVersion...)
	s.buf = append(s.buf, purpose...)
	s.buf = append(s.buf, ep...)
	s.buf = append(s.buf, 0)
}

// bytes takes a piece of any length.
func (s *sink) bytes(p []byte) {
	if len(s.buf)+len(p) <= sinkSize {
		s.buf = append(s.buf, p...)
		return
	}
	s.flush()
	if len(p) > sinkSize/4 {
		s.hash.Write(p)
		return
	}
	s.buf = append(s.buf, p...)
}

// flush hashes what was gathered.
func (s *sink) flush() {
	s.hash.Write(s.buf)
	s.buf = s.buf[:0]
}

// sum is the digest of all that was written.
func (s *sink) sum() (d Digest) {
	s.flush()
	s.hash.Sum(d[:0])
	return d
}

// number writes a number in its canonical form.
func (s *sink) number(raw []byte) {
	if len(raw) > sinkSize {
		s.bytes(appendNumber(nil, raw))
		return
	}
	s.buf = appendNumber(s.buf, raw)
}

// counted writes a text after its length in bytes (64 bits, big endian).
func (s *sink) counted(text string) {
	s.buf = binary.BigEndian.AppendUint64(s.buf, uint64(len(text)))
	for len(text) > sinkSize {
		s.buf = append(s.buf, text[:sinkSize]...)
		s.flush()
		text = text[sinkSize:]
	}
	s.buf = append(s.buf, text...)
}

// quoted writes a string with the fewest escapes (RFC 8785 section 3.2.2.2).
func (s *sink) quoted(raw []byte) {
	for {
		plain := bytes.IndexByte(raw, '\\')
		if plain < 0 {
			s.bytes(raw)
			return
		}
		s.bytes(raw[:plain])
		raw = raw[plain:]
		r, size := unescape(raw)
		s.escaped(r)
		raw = raw[size:]
	}
}

// escaped writes one rune, with an escape only where JSON demands one.
func (s *sink) escaped(r rune) {
	const digits = "0123456789abcdef"
	switch r {
	case '"', '\\':
		s.buf = append(s.buf, '\\', byte(r))
	case '\b':
		s.buf = append(s.buf, `\b`...)
	case '\f':
		s.buf = append(s.buf, `\f`...)
	case '\n':
		s.buf = append(s.buf, `\n`...)
	case '\r':
		s.buf = append(s.buf, `\r`...)
	case '\t':
		s.buf = append(s.buf, `\t`...)
	default:
		if r < ' ' {
			s.buf = append(s.buf, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
			return
		}
		s.buf = utf8.AppendRune(s.buf, r)
	}
}
