package minilm

// The AVX-512 VNNI kernels: the products; the rest is that of AVX2.

import "unsafe"

type vnni struct{ avx2 }

func (vnni) name() string { return "avx512-vnni" }

func (vnni) matmul(out []float32, in *quantised, w matrix) {
	for p := range w.out / panelWidth {
		panel := unsafe.StringData(w.panel(p))
		for row := 0; row < in.rows; {
			tile, n := vnniTileFor(in.rows, in.rows-row)
			row = min(row, in.rows-n)
			tile(&out[row*w.out+p*panelWidth], 4*w.out, &in.values[row*w.in], w.in,
				panel, w.in/4, &in.scales[row], &in.zeros[row])
			row += n
		}
	}
}

func (vnni) products(out []int32, a []int16, lda int, b []int16, _, pairs, columns int) {
	for c := 0; c < columns; c += 32 {
		vnniPairs(&out[c], 4*columns, &a[0], 2*lda, &b[2*c], 4*columns, pairs)
	}
}

type vnniTile func(out *float32, ldo int, a *uint8, lda int, panel *byte, groups int, scales *float32, zeros *int32)

// vnniTileFor returns the tile for the rows that are left of all, and its
// height. It may be higher than what is left by one, if there are as many rows:
// doing one twice takes less time than three one by one.
func vnniTileFor(rows, left int) (vnniTile, int) {
	switch {
	case left >= 7 && rows >= 8:
		return vnniTile8, 8
	case left >= 3 && rows >= 4:
		return vnniTile4, 4
	default:
		return vnniTile1, 1
	}
}
