package minilm

// The scalar kernels of the attention.

import "math"

func (scalar) absMax(m, x []float32) {
	for i, v := range x {
		m[i] = max(m[i], max(v, -v))
	}
}

func (scalar) quantise16(dst []int16, x, factors []float32) {
	for i, v := range x {
		dst[i] = int16(round(v * factors[i]))
	}
}

func (scalar) packKeys(dst []int16, rows []int16, stride, columns int) {
	for token := range columns {
		for pair := range headSize / 2 {
			at := rows[token*stride+2*pair:]
			to := dst[2*(pair*columns+token):]
			to[0], to[1] = at[0], at[1]
		}
	}
}

func (scalar) packValues(dst []int16, rows []int16, stride, columns int) {
	for token := range columns {
		to := dst[token/2*2*headSize+token%2:]
		for i, v := range rows[token*stride : token*stride+headSize] {
			to[2*i] = v
		}
	}
}

func (scalar) products(out []int32, a []int16, lda int, b []int16, n, pairs, columns int) {
	for row := range n {
		to := out[row*columns : (row+1)*columns]
		clear(to)
		for p := range pairs {
			x, y := int32(a[row*lda+2*p]), int32(a[row*lda+2*p+1])
			group := b[2*p*columns : 2*(p+1)*columns]
			for j := range to {
				to[j] += x*int32(group[2*j]) + y*int32(group[2*j+1])
			}
		}
	}
}

// 2 to a power in [-1/2, 1/2], times weightMax: the Chebyshev fit of degree 4,
// right to 4e-6 of its value.
const (
	powerC0 = 1.0000001192092896 * weightMax
	powerC1 = 0.6931210160255432 * weightMax
	powerC2 = 0.2402210682630539 * weightMax
	powerC3 = 0.05592203512787819 * weightMax
	powerC4 = 0.009676037356257439 * weightMax

	// powerLow is an exponent at which the weight is 0.
	powerLow = -30
)

func (scalar) softmax(weights []int16, scores []int32, factor float32) (sum int32) {
	top := scores[0]
	for _, s := range scores {
		top = max(top, s)
	}
	for i, s := range scores {
		t := max(float32(s-top)*factor, powerLow)
		whole := float32(math.RoundToEven(float64(t)))
		f := t - whole
		p := float32(horner(f, powerC4, powerC3, powerC2, powerC1)*f) + powerC0
		p = math.Float32frombits(uint32(int32(math.Float32bits(p)) + int32(whole)<<23))
		w := round(p)
		weights[i] = int16(w)
		sum += w
	}
	return sum
}

func (scalar) scale(dst []float32, x []int32, factor float32) {
	for i, v := range x {
		dst[i] = float32(v) * factor
	}
}
