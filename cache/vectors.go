package cache

// The vectors of texts embedded lately: who looks a question up and stores its
// answer a moment later, or asks it under another system prompt, embeds once.

import (
	"crypto/sha256"

	"github.com/maypok86/otter/v2"
)

// vectorMemory keeps vectors, bounded in bytes. It knows texts by their hash
// together with the tenant: the time of a lookup tells nobody what another
// tenant has asked, and no text outlives its entry here. A nil *vectorMemory
// is an empty one that keeps nothing.
type vectorMemory struct {
	vectors *otter.Cache[vectorKey, []float32]
}

type vectorKey [sha256.Size]byte

// vectorOverhead is what the memory takes for a vector beside its components.
const vectorOverhead = 150

// newVectorMemory returns a memory of so many bytes, none if negative.
func newVectorMemory(bytes int64) *vectorMemory {
	if bytes < 0 {
		return nil
	}
	return &vectorMemory{vectors: otter.Must(&otter.Options[vectorKey, []float32]{
		MaximumWeight: uint64(bytes),
		Weigher:       func(_ vectorKey, v []float32) uint32 { return uint32(vectorOverhead + 4*len(v)) },
	})}
}

func newVectorKey(tenant, text string) vectorKey {
	buf := make([]byte, 0, 512)
	buf = appendPart(buf, tenant)
	return sha256.Sum256(append(buf, text...))
}

func (m *vectorMemory) get(key vectorKey) ([]float32, bool) {
	if m == nil {
		return nil, false
	}
	return m.vectors.GetIfPresent(key)
}

func (m *vectorMemory) put(key vectorKey, vector []float32) {
	if m != nil {
		m.vectors.Set(key, vector)
	}
}

func (m *vectorMemory) bytes() uint64 {
	if m == nil {
		return 0
	}
	return m.vectors.WeightedSize()
}
