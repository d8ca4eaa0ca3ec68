package minilm

// Every set of kernels must give the scalar kernels' bits.

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// fasterKernels are those to compare with the scalar ones.
func fasterKernels(t *testing.T, test func(t *testing.T, k kernels)) {
	for _, k := range available()[1:] {
		t.Run(k.name(), func(t *testing.T) { test(t, k) })
	}
}

func floats(r *rand.Rand, n int, spread float64) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(r.NormFloat64() * spread)
	}
	return out
}

func words(r *rand.Rand, n int, limit int) []int16 {
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(r.IntN(2*limit+1) - limit)
	}
	return out
}

func same[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%s: component %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func TestRowKernels(t *testing.T) {
	fasterKernels(t, func(t *testing.T, k kernels) {
		r := rand.New(rand.NewPCG(1, 2))
		for range 50 {
			x, y := floats(r, hidden, 3), floats(r, hidden, 1)
			n := layerNorm{gain: floats(r, hidden, 1), bias: floats(r, hidden, 1)}
			got, want := slices.Clone(x), slices.Clone(x)
			k.addNorm(got, y, n)
			scalar{}.addNorm(want, y, n)
			same(t, "addNorm", got, want)

			x = floats(r, inner, 4)
			got, want = slices.Clone(x), slices.Clone(x)
			k.gelu(got)
			scalar{}.gelu(want)
			same(t, "gelu", got, want)
			quantiseSame(t, k, x)
		}
		quantiseSame(t, k, make([]float32, hidden))
		quantiseSame(t, k, slices.Repeat([]float32{-3}, hidden))
		quantiseSame(t, k, slices.Repeat([]float32{2}, hidden))
	})
}

func quantiseSame(t *testing.T, k kernels, x []float32) {
	t.Helper()
	got, want := make([]uint8, len(x)), make([]uint8, len(x))
	for i := range got {
		got[i], want[i] = 7, 9
	}
	s1, z1 := k.quantise(got, x)
	s2, z2 := scalar{}.quantise(want, x)
	if s1 != s2 || z1 != z2 {
		t.Fatalf("quantise: scale %v and zero %d, want %v and %d", s1, z1, s2, z2)
	}
	same(t, "quantise", got, want)
}

func TestMatmul(t *testing.T) {
	m, err := openModel(embedded, scalar{})
	if err != nil {
		t.Fatal(err)
	}
	fasterKernels(t, func(t *testing.T, k kernels) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, w := range []matrix{m.layers[0].qkv, m.layers[5].down} {
			for _, rows := range []int{1, 2, 3, 4, 5, 8, 11, 15, 21} {
				in := extremes(r, rows, w.in)
				got, want := make([]float32, rows*w.out), make([]float32, rows*w.out)
				k.matmul(got, in, w)
				scalar{}.matmul(want, in, w)
				same(t, fmt.Sprintf("%d rows of %d", rows, w.in), got, want)
			}
		}
	})
}

// extremes is a batch with one row of nothing but the largest value.
func extremes(r *rand.Rand, rows, width int) *quantised {
	q := &quantised{values: make([]uint8, rows*width), scales: floats(r, rows, 0.1), zeros: make([]int32, rows), wide: make([]int16, rows*width)}
	q.shape(rows, width)
	for i := range q.values {
		q.values[i] = uint8(r.IntN(256))
	}
	for i := range width {
		q.values[i] = 255
	}
	for i := range q.zeros {
		q.zeros[i] = int32(r.IntN(256))
	}
	return q
}

func TestAttentionKernels(t *testing.T) {
	fasterKernels(t, func(t *testing.T, k kernels) {
		r := rand.New(rand.NewPCG(5, 6))
		x, f := floats(r, 3*hidden, 5), floats(r, 3*hidden, 100)
		got := floats(r, 3*hidden, 2)
		want := slices.Clone(got)
		k.absMax(got, x)
		scalar{}.absMax(want, x)
		same(t, "absMax", got, want)
		a, b := make([]int16, 3*hidden), make([]int16, 3*hidden)
		k.quantise16(a, x, f)
		scalar{}.quantise16(b, x, f)
		same(t, "quantise16", a, b)

		for _, columns := range []int{32, 96, 256} {
			rows := words(r, columns*3*hidden, keyMax)
			a, b := make([]int16, columns*headSize), make([]int16, columns*headSize)
			k.packKeys(a, rows, 3*hidden, columns)
			scalar{}.packKeys(b, rows, 3*hidden, columns)
			same(t, "packKeys", a, b)
			k.packValues(a, rows, 3*hidden, columns)
			scalar{}.packValues(b, rows, 3*hidden, columns)
			same(t, "packValues", a, b)
		}
	})
}

// TestProductsAtTheLimits fills queries, keys, weights and values with their
// limits, where a sum that is too wide would show.
func TestProductsAtTheLimits(t *testing.T) {
	fasterKernels(t, func(t *testing.T, k kernels) {
		queries := slices.Repeat([]int16{queryMax, -queryMax}, rowBlock*hidden)
		keys := slices.Repeat([]int16{keyMax, -keyMax}, MaxTokens*headSize/2)
		got, want := make([]int32, rowBlock*MaxTokens), make([]int32, rowBlock*MaxTokens)
		k.products(got, queries, hidden, keys, rowBlock, headSize/2, MaxTokens)
		scalar{}.products(want, queries, hidden, keys, rowBlock, headSize/2, MaxTokens)
		same(t, "scores", got, want)
		if want[0] != headSize*queryMax*keyMax || want[0] >= -noScore {
			t.Fatalf("the largest score is %d", want[0])
		}
		for tokens, limit := range map[int]int16{MaxTokens: valueMax, MaxPairTokens: valueMaxLong} {
			weights := slices.Repeat([]int16{weightMax}, rowBlock*tokens)
			values := slices.Repeat([]int16{limit}, tokens*headSize)
			k.products(got, weights, tokens, values, rowBlock, tokens/2, headSize)
			scalar{}.products(want, weights, tokens, values, rowBlock, tokens/2, headSize)
			same(t, "mixed", got[:rowBlock*headSize], want[:rowBlock*headSize])
			if int(want[0]) != tokens*weightMax*int(limit) {
				t.Fatalf("the largest value is %d", want[0])
			}
		}
	})
}

func TestSoftmaxAndScale(t *testing.T) {
	fasterKernels(t, func(t *testing.T, k kernels) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, n := range []int{32, 64, 256} {
			scores := make([]int32, n)
			for i := range scores {
				scores[i] = int32(r.IntN(1<<26)) - 1<<25
			}
			scores[n-1] = noScore
			a, b := make([]int16, n), make([]int16, n)
			s1, s2 := k.softmax(a, scores, 3e-7), scalar{}.softmax(b, scores, 3e-7)
			same(t, "softmax", a, b)
			if s1 != s2 || b[n-1] != 0 || slices.Max(b) != weightMax {
				t.Fatalf("sums %d and %d, weight without a token %d, top %d", s1, s2, b[n-1], slices.Max(b))
			}
			x, y := make([]float32, n), make([]float32, n)
			k.scale(x, scores, 0.37)
			scalar{}.scale(y, scores, 0.37)
			same(t, "scale", x, y)
		}
	})
}
