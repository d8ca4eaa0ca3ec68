// Vectors, keys and scopes that are the same in every run.

package cachetest

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/askonce/askonce/cache"
)

// Key returns the nth of endlessly many keys.
func Key(n int) cache.Key { return sha256.Sum256(fmt.Appendf(nil, "key %d", n)) }

// Scope returns the nth of endlessly many scopes.
func Scope(n int) cache.Scope { return sha256.Sum256(fmt.Appendf(nil, "scope %d", n)) }

// Vectors makes unit vectors from a seed.
type Vectors struct {
	dimensions int
	random     *rand.Rand
}

// NewVectors returns a source of vectors with that many components.
func NewVectors(dimensions int, seed uint64) *Vectors {
	return &Vectors{dimensions: dimensions, random: rand.New(rand.NewPCG(seed, uint64(dimensions)))}
}

// Next returns a random direction.
func (v *Vectors) Next() []float32 {
	out := make([]float32, v.dimensions)
	for i := range out {
		out[i] = float32(v.random.NormFloat64())
	}
	return normalise(out)
}

// Near returns a vector whose cosine to the unit vector u is similarity, in a
// random direction. It needs at least two components.
func (v *Vectors) Near(u []float32, similarity float64) []float32 {
	side := v.Next()
	dot := Cosine(u, side)
	for i := range side {
		side[i] -= float32(dot) * u[i]
	}
	normalise(side)
	across := math.Sqrt(1 - similarity*similarity)
	out := make([]float32, len(u))
	for i := range out {
		out[i] = float32(similarity*float64(u[i]) + across*float64(side[i]))
	}
	return normalise(out)
}

// Clusters returns n vectors in clusters of about size, as questions about the
// same subject are: members have cosines between 0.5 and 0.98 to the centre.
func (v *Vectors) Clusters(n, size int) [][]float32 {
	out := make([][]float32, 0, n)
	for len(out) < n {
		centre := v.Next()
		for range min(size, n-len(out)) {
			out = append(out, v.Near(centre, 0.5+0.48*v.random.Float64()))
		}
	}
	return out
}

// Cosine returns the similarity of two unit vectors.
func Cosine(a, b []float32) float64 {
	var sum float64
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func normalise(v []float32) []float32 {
	norm := math.Sqrt(Cosine(v, v))
	for i := range v {
		v[i] = float32(float64(v[i]) / norm)
	}
	return v
}
