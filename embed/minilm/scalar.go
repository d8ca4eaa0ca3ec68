package minilm

// The scalar kernels: the definition of the arithmetic, and the fallback.
//
// Every product is converted to float32 before anything is added to it, which
// keeps the compiler from fusing the two, as it does on arm64 even across
// statements: the rounding is the same everywhere.

import "math"

type scalar struct{}

func (scalar) name() string { return "scalar" }

const layerNormEpsilon = 1e-12

func (scalar) addNorm(x, y []float32, n layerNorm) {
	for i := range x {
		x[i] += y[i]
	}
	mean := float32(laneSum(x, func(v float32) float32 { return v }) * (1.0 / hidden))
	variance := float32(laneSum(x, func(v float32) float32 { return float32((v - mean) * (v - mean)) }) * (1.0 / hidden))
	r := 1 / float32(math.Sqrt(float64(variance+layerNormEpsilon)))
	for i, v := range x {
		x[i] = float32(float32((v-mean)*r)*n.gain[i]) + n.bias[i]
	}
}

// laneSum adds f of each component in the order of a vector unit: sixteen
// sums, each over every sixteenth component, then halves onto halves.
func laneSum(x []float32, f func(float32) float32) float32 {
	var lanes [16]float32
	for i, v := range x {
		lanes[i%16] += f(v)
	}
	for half := 8; half > 0; half /= 2 {
		for i := range half {
			lanes[i] += lanes[i+half]
		}
	}
	return lanes[0]
}

// The normal distribution function within geluLimit of 0 is 1/2 + x P(x²) /
// Q(x²), to 2e-6 of x times it. P and Q were fitted by reweighted least squares.
const (
	geluLimit = 4.5

	geluP0 = 0.39893290400505066
	geluP1 = 0.027383575215935707
	geluP2 = 0.003832216840237379
	geluP3 = 3.333683707751334e-05
	geluQ1 = 0.23528505861759186
	geluQ2 = 0.023806555196642876
	geluQ3 = 0.001166811678558588
)

func (scalar) gelu(x []float32) {
	for i, v := range x {
		t := min(max(v, -geluLimit), geluLimit)
		s := t * t
		p := horner(s, geluP3, geluP2, geluP1, geluP0)
		q := horner(s, geluQ3, geluQ2, geluQ1, 1)
		x[i] = v * (0.5 + float32(float32(t*p)/q))
	}
}

// horner evaluates the cubic a x³ + b x² + c x + d.
func horner(x, a, b, c, d float32) float32 {
	return float32(float32(float32(float32(float32(a*x)+b)*x)+c)*x) + d
}

func (scalar) quantise(dst []uint8, x []float32) (scale float32, zero int32) {
	var low, high float32
	for _, v := range x {
		low, high = min(low, v), max(high, v)
	}
	if high == low {
		clear(dst)
		return 0, 0
	}
	inverse := 255 / (high - low)
	zero = round(-low * inverse)
	for i, v := range x {
		dst[i] = uint8(min(max(round(v*inverse)+zero, 0), 255))
	}
	return (high - low) / 255, zero
}

// round is to the nearest integer, halves to the even one.
func round(x float32) int32 { return int32(math.RoundToEven(float64(x))) }

func (scalar) matmul(out []float32, in *quantised, w matrix) {
	var sums [2][panelWidth]int32
	for p := range w.out / panelWidth {
		panel := w.panel(p)
		for row := 0; row < in.rows; row += 2 {
			next := min(row+1, in.rows-1) // a last row without a second is done twice
			panelProducts(&sums, in.row(row), in.row(next), panel)
			for i, at := range [2]int{row, next} {
				to := out[at*w.out+p*panelWidth:]
				panelFloats(to[:panelWidth], &sums[i], panel[w.in*panelWidth:], in.scales[at], in.zeros[at])
			}
		}
	}
}

// panelProducts makes the products of two rows with a panel's columns. Both
// rows share one multiplication: x is in the low half of an int64 and y in the
// high one. The sums stay below 1<<26, so the low one is read off with its sign
// and what it borrowed is given back to the other.
func panelProducts(sums *[2][panelWidth]int32, x, y []uint8, panel string) {
	var both [panelWidth]int64
	for i := 0; i+4 <= len(x) && i+4 <= len(y); i += 4 {
		a := int64(x[i]) | int64(y[i])<<32
		b := int64(x[i+1]) | int64(y[i+1])<<32
		c := int64(x[i+2]) | int64(y[i+2])<<32
		d := int64(x[i+3]) | int64(y[i+3])<<32
		group := panel[i*panelWidth : (i+4)*panelWidth]
		for j := range both {
			w := group[4*j : 4*j+4]
			both[j] += a*int64(int8(w[0])) + b*int64(int8(w[1])) + c*int64(int8(w[2])) + d*int64(int8(w[3]))
		}
	}
	for j, sum := range both {
		low := int32(sum)
		sums[0][j], sums[1][j] = low, int32((sum-int64(low))>>32)
	}
}

// panelFloats turns integer sums into outputs. The end of the panel holds the
// sums of the weights, which take the zero point out, the scales and the biases.
func panelFloats(out []float32, sums *[panelWidth]int32, end string, scale float32, zero int32) {
	for j, sum := range sums {
		sum -= zero * int32(uint32At(end, j))
		out[j] = float32(float32(sum)*float32(scale*floatAt(end, panelWidth+j))) + floatAt(end, 2*panelWidth+j)
	}
}
