// Fixed-point vectors: how unit vectors are stored and compared.

package flat

import (
	"errors"
	"fmt"
	"math"
)

// one is the fixed-point value of 1.0. Products of two unit vectors then sum
// to at most 2^30, whatever the order of the additions (Cauchy-Schwarz), so
// that int32 accumulators can't overflow.
const one = 32767

// MaxDimensions is the largest number of components: Hamming distances are
// kept in 16 bits.
const MaxDimensions = 65535

// minSigned is the number of components from which sign bits tell neighbours
// apart well enough to choose candidates by.
const minSigned = 192

// slack is how far the length of a vector may be from 1. It leaves room for
// half-precision embedders and none for vectors that were never normalised.
const slack = 0.01

var errNotUnit = errors.New("vector is not of unit length")

// Quantise writes the fixed-point form of the unit vector v to out, which has
// as many components.
func Quantise(v []float32, out []int16) error {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	norm := math.Sqrt(sum)
	if !(norm > 1-slack && norm < 1+slack) { // NaN fails both
		return fmt.Errorf("%w: %.4g", errNotUnit, norm)
	}
	scale := one / norm
	for i, x := range v {
		out[i] = int16(math.Round(float64(x) * scale))
	}
	return nil
}

// inverseNorm returns 1 / |v|, which is near 1/one. Dividing by the length of
// the fixed-point vector itself makes a vector's similarity to itself 1.
func inverseNorm(v []int16) float32 {
	var sum int64
	for _, x := range v {
		sum += int64(x) * int64(x)
	}
	return float32(1 / math.Sqrt(float64(sum)))
}

// layout is how vectors of one dimension are stored and compared.
type layout struct {
	dimensions int
	stride     int // components with padding to whole registers
	words      int // of sign bits; 0 if the dimension is too low for them
	largeScope int
	kernels    kernels
}

func layoutOf(dimensions int, k kernels) layout {
	l := layout{
		dimensions: dimensions,
		stride:     (dimensions + 15) / 16 * 16,
		largeScope: largeScope,
		kernels:    k,
	}
	if dimensions >= minSigned {
		l.words = (dimensions + 63) / 64
	}
	return l
}
