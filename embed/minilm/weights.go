package minilm

// The embedder's weights: the file's layout (see convert/layout.py) as views.

import _ "embed"

// The model's shape.
const (
	hidden   = 384
	inner    = 1536
	layers   = 6
	heads    = 12
	headSize = hidden / heads
	// MaxTokens is the longest text that the embedder was trained for, in
	// tokens, and MaxPairTokens the longest pair for the verifier: any two such
	// texts. The bounds of the integer attention rely on them, see attention.go.
	MaxTokens     = 256
	MaxPairTokens = 2 * MaxTokens

	vocabSize = 30522
	slotCount = 1 << 16
)

const (
	formatVersion = 1
	magic         = "askonce-minilm\x00\x00"
)

//go:embed weights.bin
var embedded string

// model is the embedder's weights and what runs over them.
type model struct {
	trunk
	tokens    tokenizer
	positions []float32
}

// trunk is the part that embedder and verifier have in common: layers over
// the sums of word and position embeddings.
type trunk struct {
	kernels kernels
	words   wordTable
	norm    layerNorm
	layers  [layers]layer
}

// wordTable holds the embeddings of the vocabulary: rows of int8, a scale each.
type wordTable struct {
	scales string // float32
	rows   string // vocabSize rows of hidden
}

type layer struct {
	qkv, output   matrix
	attentionNorm layerNorm
	up, down      matrix
	innerNorm     layerNorm
}

type layerNorm struct {
	gain, bias []float32
}

// matrix holds the weights of one linear map in panels of panelWidth output
// columns each.
type matrix struct {
	in, out int
	panels  string
}

const panelWidth = 48

// panelSize is the bytes of one panel: weights, then sums, scales and biases.
func (m matrix) panelSize() int { return panelWidth * (m.in + 4 + 4 + 4) }

// panel returns the i-th panel.
func (m matrix) panel(i int) string {
	n := m.panelSize()
	return m.panels[i*n : (i+1)*n]
}

// openModel checks the header and finds the sections. It does not read the
// weights, see verifySum.
func openModel(file string, k kernels) (*model, error) {
	want := [6]uint32{formatVersion, vocabSize, hidden, layers, inner, MaxTokens}
	if err := checkHeader(file, magic, want); err != nil {
		return nil, err
	}
	r := &reader{rest: file[headerSize:]}
	m := &model{tokens: openTokenizer(r)}
	m.kernels = k
	m.words = wordTable{scales: r.take(4 * vocabSize), rows: r.take(vocabSize * hidden)}
	m.positions = r.floats(MaxTokens * hidden)
	r.trunk(&m.trunk)
	return m, r.end()
}

// trunk reads the norm of the embeddings and the layers.
func (r *reader) trunk(t *trunk) {
	t.norm = r.norm()
	for i := range t.layers {
		t.layers[i] = layer{
			qkv: r.matrix(hidden, 3*hidden), output: r.matrix(hidden, hidden), attentionNorm: r.norm(),
			up: r.matrix(hidden, inner), down: r.matrix(inner, hidden), innerNorm: r.norm(),
		}
	}
}
