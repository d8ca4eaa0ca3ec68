package minilm

// The AVX-512 VNNI kernels: the products; the rest is that of AVX2.

import "unsafe"

type vnni struct{ avx2 }

func (vnni) name() string { return "avx512-vnni" }

func (vnni) matmul(out []float32, in *quantised, w matrix) {
	for p := range w.out / panelWidth {
		panel := unsafe.StringData(w.panel(p))
		for row := 0; row < in.rows; {
			tile, n := vnniTile1, 1
			switch left := in.rows - row; {
			case left >= 8:
				tile, n = vnniTile8, 8
			case left >= 4:
				tile, n = vnniTile4, 4
			}
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
