package cache

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/askonce/askonce/internal/llm"
)

// digest hashes the parts of a key or scope. Every part is preceded by its
// length (8 bytes, big endian), so that no two lists of parts share a
// preimage. label names the format: another one is another key space.
func digest(label, tenant, namespace, kind string, origin Origin, body llm.Digest) [32]byte {
	buf := make([]byte, 0, 512)
	for _, part := range []string{label, tenant, namespace, kind, origin.Upstream, origin.Query} {
		buf = appendPart(buf, part)
	}
	buf = binary.BigEndian.AppendUint64(buf, uint64(len(origin.Headers)))
	for _, header := range origin.Headers {
		buf = appendPart(buf, header)
	}
	buf = append(buf, body[:]...)
	return sha256.Sum256(buf)
}

func appendPart(buf []byte, part string) []byte {
	buf = binary.BigEndian.AppendUint64(buf, uint64(len(part)))
	return append(buf, part...)
}

func sum(text string) [32]byte { return sha256.Sum256([]byte(text)) }

// in binds the scope to a vector space: points of another embedder are in
// another scope, whatever else they share.
func (s Scope) in(identity string) Scope {
	buf := make([]byte, 0, len(s)+len(identity))
	buf = append(buf, s[:]...)
	buf = append(buf, identity...)
	return sha256.Sum256(buf)
}
