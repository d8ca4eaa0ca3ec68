package minilm

// The verifier's weights: the file's layout (see convert/verifier.py) as views.

import (
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
)

const (
	pairsVersion = 2
	pairsMagic   = "askonce-verify\x00\x00"
)

//go:embed verifier.bin
var embeddedPairs string

// pairModel is the verifier's weights and what runs over them. Vocabulary and
// word embeddings are the embedder's.
type pairModel struct {
	trunk
	tokens      tokenizer
	digest      string       // of all that makes a probability: weights and calibration
	calibration [3]float64   // constant, factor of the logit, factor of the cosine
	positions   [2][]float32 // of the asked and the stored text, token type added
	head        head
}

// openPairModel finds the sections of file, whose words are in the embedder's
// file base.
func openPairModel(file, base string, k kernels) (*pairModel, error) {
	want := [6]uint32{pairsVersion, headWidth, hidden, layers, inner, MaxPairTokens}
	if err := checkHeader(file, pairsMagic, want); err != nil {
		return nil, err
	}
	shared, err := openModel(base, k)
	if err != nil {
		return nil, err
	}
	r := &reader{rest: file[headerSize:]}
	if r.take(len(payloadSum(base))) != payloadSum(base) {
		return nil, errors.New("weights: the verifier was made for other word embeddings than those of this program")
	}
	m := &pairModel{tokens: shared.tokens, digest: hex.EncodeToString([]byte(payloadSum(file)[:4]))}
	m.kernels, m.words = k, shared.words
	m.calibration = r.calibration()
	m.positions = r.pairPositions()
	r.trunk(&m.trunk)
	m.head = r.head()
	return m, r.end()
}

func (r *reader) calibration() (c [3]float64) {
	section := []byte(r.take(8 * len(c)))
	for i := range c {
		c[i] = math.Float64frombits(binary.LittleEndian.Uint64(section[8*i:]))
	}
	return c
}

// pairPositions reads the position embeddings and those of the two token types.
func (r *reader) pairPositions() (sums [2][]float32) {
	positions, types := r.floats(MaxPairTokens*hidden), r.floats(2*hidden)
	for kind := range sums {
		sums[kind] = make([]float32, len(positions))
		for i, x := range positions {
			sums[kind][i] = x + types[kind*hidden+i%hidden]
		}
	}
	return sums
}

func (r *reader) head() (h head) {
	for i := range h.dense {
		h.dense[i] = r.matrix(hidden, headColumns)
	}
	out := r.floats(headWidth + 1)
	h.weights, h.bias = out[:headWidth], out[headWidth]
	return h
}
