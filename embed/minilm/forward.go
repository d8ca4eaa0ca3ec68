package minilm

// The encoder: from ids through the layers, and to a vector.

import (
	"context"
	"math"
)

// workspace is the memory of one forward pass, kept between calls.
type workspace struct {
	ids    []int32
	tokens int // of the text in work
	room   int // tokens that the slices below have place for

	rows   []float32 // tokens * hidden: the residual stream
	narrow []float32 // tokens * hidden: what is added to it next
	wide   []float32 // tokens * inner, or tokens * 3 * hidden
	in     quantised

	inputs     []int16 // tokens * 3 * hidden: queries, keys and values
	tops       [3 * hidden]float32
	headScales [3 * heads]float32

	// Of one head, and of one block of its queries.
	keys, values []int16
	scores       []int32
	weights      []int16
	sums         [rowBlock]int32
	mixed        [rowBlock * headSize]int32
}

func newWorkspace() *workspace { return &workspace{ids: make([]int32, 0, MaxPairTokens+maxWord)} }

// grow makes room for a text of n tokens.
func (ws *workspace) grow(n int) {
	ws.tokens = n
	if n <= ws.room {
		return
	}
	n = (n + columnBlock - 1) &^ (columnBlock - 1)
	ws.room = n
	ws.rows = make([]float32, n*hidden)
	ws.narrow = make([]float32, n*hidden)
	ws.wide = make([]float32, n*inner)
	ws.in = quantised{
		values: make([]uint8, n*inner), scales: make([]float32, n), zeros: make([]int32, n), wide: make([]int16, n*inner),
	}
	ws.inputs = make([]int16, n*3*hidden)
	ws.keys, ws.values = make([]int16, n*headSize), make([]int16, n*headSize)
	ws.scores, ws.weights = make([]int32, n*rowBlock), make([]int16, n*rowBlock)
}

// forward returns the vector of a tokenised text.
func (m *model) forward(ctx context.Context, ws *workspace, ids []int32) ([]float32, error) {
	ws.grow(len(ids))
	m.lookUp(ws, 0, ids, m.positions)
	if err := m.run(ctx, ws, len(ids)); err != nil {
		return nil, err
	}
	return ws.pool(), nil
}

// lookUp fills the rows from first on with the sums of word and position
// embeddings.
func (t *trunk) lookUp(ws *workspace, first int, ids []int32, positions []float32) {
	for i, id := range ids {
		scale := floatAt(t.words.scales, int(id))
		word := t.words.rows[int(id)*hidden : (int(id)+1)*hidden]
		at := (first + i) * hidden
		row := ws.rows[at : at+hidden]
		for j := range row {
			row[j] = float32(int8(word[j])) * scale
		}
		t.kernels.addNorm(row, positions[at:at+hidden], t.norm)
	}
}

// run takes the rows through the layers, all but the first `last` of them only
// as far as the last layer.
func (t *trunk) run(ctx context.Context, ws *workspace, last int) error {
	rows := ws.tokens
	for i := range t.layers {
		if err := ctx.Err(); err != nil {
			return err
		}
		if i == layers-1 {
			rows = last
		}
		t.layer(ws, &t.layers[i], rows)
	}
	return nil
}

// layer takes the first rows, which look at all, through l.
func (t *trunk) layer(ws *workspace, l *layer, rows int) {
	k := t.kernels
	product(k, ws, ws.wide, ws.rows, l.qkv, ws.tokens)
	attend(k, ws, rows)
	product(k, ws, ws.narrow, ws.narrow, l.output, rows)
	addNorms(k, ws, l.attentionNorm, rows)

	product(k, ws, ws.wide, ws.rows, l.up, rows)
	for i := range rows {
		k.gelu(ws.wide[i*inner : (i+1)*inner])
	}
	product(k, ws, ws.narrow, ws.wide, l.down, rows)
	addNorms(k, ws, l.innerNorm, rows)
}

// product multiplies the first rows of in with w.
func product(k kernels, ws *workspace, out, in []float32, w matrix, rows int) {
	ws.in.shape(rows, w.in)
	for i := range rows {
		ws.in.set(k, i, in[i*w.in:(i+1)*w.in])
	}
	k.matmul(out, &ws.in, w)
}

func addNorms(k kernels, ws *workspace, n layerNorm, rows int) {
	for i := range rows {
		k.addNorm(ws.rows[i*hidden:(i+1)*hidden], ws.narrow[i*hidden:(i+1)*hidden], n)
	}
}

// pool returns the mean of the rows at unit length.
func (ws *workspace) pool() []float32 {
	out := make([]float32, hidden)
	for i := range ws.tokens {
		for j, v := range ws.rows[i*hidden : (i+1)*hidden] {
			out[j] += v
		}
	}
	var squares float64
	for _, v := range out {
		squares += float64(float64(v) * float64(v)) // not fused with the sum
	}
	r := 1 / math.Sqrt(squares)
	for j, v := range out {
		out[j] = float32(float64(v) * r)
	}
	return out
}
