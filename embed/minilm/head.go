package minilm

// The verifier's head: from the rows of a pair to one logit.

import "math"

const (
	headWidth = 256
	// headColumns is headWidth filled up with zeros to whole panels.
	headColumns = (headWidth + panelWidth - 1) / panelWidth * panelWidth
	headParts   = 5
)

// head is a dense layer with tanh, and a linear one with a single output. The
// dense layer's input is in parts, each quantised with a scale of its own: the
// last layer's row of [CLS], and of the two texts' means before that layer, u
// and v, the sum, the absolute difference, the product, and the larger of both.
type head struct {
	dense   [headParts]matrix // the bias is in the first
	weights []float32         // headWidth
	bias    float32
}

// logit reads the rows of a pair, of which the first a are those of [CLS] and the
// asked text.
func (h *head) logit(k kernels, ws *workspace, a int) float64 {
	parts, out, sum := ws.narrow[:headParts*hidden], ws.wide[:headColumns], ws.wide[headColumns:2*headColumns]
	h.parts(ws, parts, a)
	clear(sum)
	for i, w := range h.dense {
		ws.in.shape(1, hidden)
		ws.in.set(k, 0, parts[i*hidden:(i+1)*hidden])
		k.matmul(out, &ws.in, w)
		for j, x := range out {
			sum[j] += x
		}
	}
	logit := float64(h.bias)
	for j, w := range h.weights {
		logit += float64(float64(w) * tanh(float64(sum[j]))) // not fused with the sum
	}
	return logit
}

// parts writes the dense layer's inputs.
func (h *head) parts(ws *workspace, parts []float32, a int) {
	u, v := parts[hidden:2*hidden], parts[4*hidden:]
	mean(u, ws.rows[hidden:], a-1)
	mean(v, ws.rows[a*hidden:], ws.tokens-a)
	difference, product := parts[2*hidden:3*hidden], parts[3*hidden:4*hidden]
	for j, x := range u {
		y := v[j]
		u[j] = x + y
		difference[j] = float32(math.Abs(float64(x - y)))
		product[j] = x * y
		v[j] = max(x, y)
	}
	copy(parts, ws.rows[:hidden])
}

// mean writes the mean of n rows, zeros if there are none.
func mean(out, rows []float32, n int) {
	clear(out)
	for i := range n {
		for j, x := range rows[i*hidden : (i+1)*hidden] {
			out[j] += x
		}
	}
	for j := range out {
		out[j] /= float32(max(n, 1))
	}
}
