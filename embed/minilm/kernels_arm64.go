package minilm

// The choice of kernels on arm64, and those over the NEON assembly.

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// available returns the kernels that this processor can run, slowest first.
func available() []kernels {
	all := []kernels{scalar{}, neon{}}
	if cpu.ARM64.HasASIMDDP {
		all = append(all, neonDot{})
	}
	return all
}

type neon struct{}

func (neon) name() string { return "neon" }

func (neon) addNorm(x, y []float32, n layerNorm) {
	neonAddNorm(&x[0], &y[0], &n.gain[0], &n.bias[0], len(x))
}

func (neon) gelu(x []float32) { neonGelu(&x[0], len(x)) }

func (neon) quantise(dst []uint8, x []float32) (scale float32, zero int32) {
	return neonQuantise(&dst[0], &x[0], len(x))
}

func (neon) matmul(out []float32, in *quantised, w matrix) {
	wide := in.wide[:in.rows*w.in]
	neonWiden(&wide[0], &in.values[0], len(wide))
	for p := range w.out / panelWidth {
		panel := unsafe.Pointer(unsafe.StringData(w.panel(p)))
		for c := 0; c < panelWidth; c += 4 {
			weights := (*byte)(unsafe.Add(panel, 4*c))
			end := (*byte)(unsafe.Add(panel, w.in*panelWidth+4*c))
			for row := 0; row < in.rows; {
				tile, n := neonTile1, 1
				if neonTall(in.rows, row) {
					tile, n = neonTile4, 4
				}
				row = min(row, in.rows-n)
				tile(&out[row*w.out+p*panelWidth+c], 4*w.out, &wide[row*w.in], 2*w.in,
					weights, w.in, end, &in.scales[row], &in.zeros[row])
				row += n
			}
		}
	}
}

// neonTall reports whether the next rows are worth a tile of four. If only
// three are left, it is, and does one of those before once more.
func neonTall(rows, row int) bool { return rows >= 4 && rows-row >= 3 }

func (neon) absMax(m, x []float32) { neonAbsMax(&m[0], &x[0], len(x)) }

func (neon) quantise16(dst []int16, x, factors []float32) {
	neonQuantise16(&dst[0], &x[0], &factors[0], len(x))
}

func (neon) packKeys(dst []int16, rows []int16, stride, columns int) {
	neonPackKeys(&dst[0], &rows[0], 2*stride, columns)
}

func (neon) packValues(dst []int16, rows []int16, stride, columns int) {
	neonPackValues(&dst[0], &rows[0], 2*stride, columns)
}

func (neon) products(out []int32, a []int16, lda int, b []int16, n, pairs, columns int) {
	for row := 0; row < n; row += 4 {
		for c := 0; c < columns; c += 16 {
			neonPairs(&out[row*columns+c], 4*columns, &a[row*lda], 2*lda, &b[2*c], 4*columns, pairs)
		}
	}
}

func (neon) softmax(weights []int16, scores []int32, factor float32) (sum int32) {
	return neonSoftmax(&weights[0], &scores[0], len(scores), factor)
}

func (neon) scale(dst []float32, x []int32, factor float32) {
	neonScale(&dst[0], &x[0], len(x), factor)
}

// neonDot are the kernels for processors that have SDOT.
type neonDot struct{ neon }

func (neonDot) name() string { return "neon-dot" }

func (neonDot) matmul(out []float32, in *quantised, w matrix) {
	for p := range w.out / panelWidth {
		panel := unsafe.Pointer(unsafe.StringData(w.panel(p)))
		for c := 0; c < panelWidth; c += 16 {
			weights := (*byte)(unsafe.Add(panel, 4*c))
			end := (*byte)(unsafe.Add(panel, w.in*panelWidth+4*c))
			for row := 0; row < in.rows; {
				tile, n := neonDotTile1, 1
				if neonTall(in.rows, row) {
					tile, n = neonDotTile4, 4
				}
				row = min(row, in.rows-n)
				tile(&out[row*w.out+p*panelWidth+c], 4*w.out, &in.values[row*w.in], w.in,
					weights, w.in, end, &in.scales[row], &in.zeros[row])
				row += n
			}
		}
	}
}
