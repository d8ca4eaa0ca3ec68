package flat

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestKernelsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n, k := range available() {
		for _, size := range []int{16, 32, 48, 64, 80, 384, 400, 1536} {
			t.Run(fmt.Sprintf("dot/%d/%d", n, size), func(t *testing.T) {
				a, b := randomUnit(r, size), randomUnit(r, size)
				if got, want := k.dot(a, b), dotPortable(a, b); got != want {
					t.Errorf("dot = %d, want %d", got, want)
				}
				if got, want := k.dot(a, a), dotPortable(a, a); got != want {
					t.Errorf("dot with itself = %d, want %d", got, want)
				}
			})
		}
		for _, words := range []int{1, 2, 5, 6, 7, 12, 24, 1023} {
			t.Run(fmt.Sprintf("scan/%d/%d", n, words), func(t *testing.T) {
				query, blocks := randomWords(r, words), randomWords(r, words*lanes*9)
				for _, limit := range []uint16{0, uint16(words * 31), uint16(words * 32), uint16(words * 64)} {
					compareScans(t, k, query, blocks, limit)
				}
			})
		}
	}
}

// One product that uses the whole range must not overflow.
func TestDotOfTheLargestComponents(t *testing.T) {
	a := make([]int16, 16)
	a[3] = -one
	for n, k := range available() {
		if got := k.dot(a, a); got != one*one {
			t.Errorf("kernel %d: %d, want %d", n, got, one*one)
		}
	}
}

func compareScans(t *testing.T, k kernels, query, blocks []uint64, limit uint16) {
	t.Helper()
	count := len(blocks) / len(query)
	got, want := make([]uint16, count), make([]uint16, count)
	near, wantNear := make([]uint8, count/lanes), make([]uint8, count/lanes)
	k.scan(query, blocks, limit, got, near)
	scanPortable(query, blocks, limit, want, wantNear)
	if !slices.Equal(got, want) {
		t.Errorf("distances %v, want %v", got, want)
	}
	if !slices.Equal(near, wantNear) {
		t.Errorf("limit %d: near %08b, want %08b", limit, near, wantNear)
	}
}

func randomWords(r *rand.Rand, n int) []uint64 {
	out := make([]uint64, n)
	for i := range out {
		out[i] = r.Uint64()
	}
	return out
}

func randomUnit(r *rand.Rand, n int) []int16 {
	v := make([]int16, n)
	for i := range v {
		v[i] = int16(r.NormFloat64() / 5 * one / float64(n))
	}
	return v
}
