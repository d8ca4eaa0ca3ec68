package minilm

// The choice of kernels on amd64, and the AVX2 ones over their assembly.

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// available returns the kernels that this processor can run, slowest first.
func available() []kernels {
	all := []kernels{scalar{}}
	if !cpu.X86.HasAVX2 {
		return all
	}
	all = append(all, avx2{})
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VNNI {
		all = append(all, vnni{})
	}
	return all
}

type avx2 struct{}

func (avx2) name() string { return "avx2" }

func (avx2) addNorm(x, y []float32, n layerNorm) {
	avx2AddNorm(&x[0], &y[0], &n.gain[0], &n.bias[0], len(x))
}

func (avx2) gelu(x []float32) { avx2Gelu(&x[0], len(x)) }

func (avx2) quantise(dst []uint8, x []float32) (scale float32, zero int32) {
	return avx2Quantise(&dst[0], &x[0], len(x))
}

func (avx2) matmul(out []float32, in *quantised, w matrix) {
	wide := in.wide[:in.rows*w.in]
	avx2Widen(&wide[0], &in.values[0], len(wide))
	for p := range w.out / panelWidth {
		panel := unsafe.Pointer(unsafe.StringData(w.panel(p)))
		for c := 0; c < panelWidth; c += 8 {
			weights := (*byte)(unsafe.Add(panel, 4*c))
			end := (*byte)(unsafe.Add(panel, w.in*panelWidth+4*c))
			for row := 0; row < in.rows; {
				tile, n := avx2TileFor(in.rows - row)
				tile(&out[row*w.out+p*panelWidth+c], 4*w.out, &wide[row*w.in], 2*w.in,
					weights, w.in/4, end, &in.scales[row], &in.zeros[row])
				row += n
			}
		}
	}
}

type avx2Tile func(out *float32, ldo int, a *int16, lda int, panel *byte, groups int, end *byte, scales *float32, zeros *int32)

// avx2TileFor returns the tile for the rows that are left, and its height.
func avx2TileFor(rows int) (avx2Tile, int) {
	switch {
	case rows >= 6:
		return avx2Tile6, 6
	case rows >= 4:
		return avx2Tile4, 4
	default:
		return avx2Tile1, 1
	}
}

func (avx2) absMax(m, x []float32) { avx2AbsMax(&m[0], &x[0], len(x)) }

func (avx2) quantise16(dst []int16, x, factors []float32) {
	avx2Quantise16(&dst[0], &x[0], &factors[0], len(x))
}

func (avx2) packKeys(dst []int16, rows []int16, stride, columns int) {
	avx2PackKeys(&dst[0], &rows[0], 2*stride, columns)
}

func (avx2) packValues(dst []int16, rows []int16, stride, columns int) {
	avx2PackValues(&dst[0], &rows[0], 2*stride, columns)
}

func (avx2) products(out []int32, a []int16, lda int, b []int16, n, pairs, columns int) {
	for row := 0; row < n; row += 4 {
		for c := 0; c < columns; c += 16 {
			avx2Pairs(&out[row*columns+c], 4*columns, &a[row*lda], 2*lda, &b[2*c], 4*columns, pairs)
		}
	}
}

func (avx2) softmax(weights []int16, scores []int32, factor float32) (sum int32) {
	return avx2Softmax(&weights[0], &scores[0], len(scores), factor)
}

func (avx2) scale(dst []float32, x []int32, factor float32) {
	avx2Scale(&dst[0], &x[0], len(x), factor)
}
