package cache

// The vectors of texts embedded lately: who looks a question up and stores its
// answer a moment later, or asks it under another system prompt, embeds once.

import (
	"context"
	"crypto/sha256"
	"time"

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

// embed turns a tenant's text into its vector, which nobody may write to.
func (c *Cache) embed(ctx context.Context, tenant, text string, within patience) ([]float32, error) {
	key := newVectorKey(tenant, text)
	if vector, ok := c.vectors.get(key); ok {
		c.metrics.vectorsRemembered.Inc()
		return vector, nil
	}
	start := time.Now()
	vector, err := c.askEmbedder(ctx, text, within)
	if err == nil {
		c.metrics.vectorsEmbedded.Inc()
		c.metrics.embedSeconds.Observe(time.Since(start).Seconds())
		c.vectors.put(key, vector)
	}
	return vector, err
}

func (c *Cache) askEmbedder(ctx context.Context, text string, within patience) ([]float32, error) {
	return ask(ctx, c.embedder, within, func(ctx context.Context) ([]float32, error) {
		vectors, err := c.opts.Embedder.Embed(ctx, []string{text})
		if err != nil {
			return nil, err
		}
		if len(vectors) != 1 || len(vectors[0]) != c.dimensions {
			return nil, ErrDimension
		}
		return vectors[0], nil
	})
}
