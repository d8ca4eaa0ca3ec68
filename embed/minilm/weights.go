package minilm

// The embedded weights: the file's layout (see convert/layout.py) as views.

import (
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The model's shape.
const (
	hidden   = 384
	inner    = 1536
	layers   = 6
	heads    = 12
	headSize = hidden / heads
	// MaxTokens is the longest text that the model was trained for, in tokens.
	// The bounds of the integer attention rely on it, see attention.go.
	MaxTokens = 256

	vocabSize = 30522
	slotCount = 1 << 16
)

const (
	headerSize    = 128
	formatVersion = 1
	magic         = "askonce-minilm\x00\x00"
)

//go:embed weights.bin
var embedded string

// model is the weights and what runs over them.
type model struct {
	kernels    kernels
	tokens     tokenizer
	wordScales string // float32 a row of words
	words      string // int8, vocabSize rows of hidden
	positions  []float32
	norm       layerNorm
	layers     [layers]layer
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
// weights, see verify.
func openModel(file string, k kernels) (*model, error) {
	if err := checkHeader(file); err != nil {
		return nil, err
	}
	r := &reader{rest: file[headerSize:]}
	m := &model{kernels: k}
	m.tokens = openTokenizer(r)
	m.wordScales = r.take(4 * vocabSize)
	m.words = r.take(vocabSize * hidden)
	m.positions = r.floats(MaxTokens * hidden)
	m.norm = r.norm()
	for i := range m.layers {
		m.layers[i] = layer{
			qkv: r.matrix(hidden, 3*hidden), output: r.matrix(hidden, hidden), attentionNorm: r.norm(),
			up: r.matrix(hidden, inner), down: r.matrix(inner, hidden), innerNorm: r.norm(),
		}
	}
	return m, r.end()
}

func checkHeader(file string) error {
	if len(file) < headerSize || file[:len(magic)] != magic {
		return errors.New("weights: not a weights file of this program")
	}
	var got [6]uint32
	for i := range got {
		got[i] = binary.LittleEndian.Uint32([]byte(file[len(magic)+4*i:][:4]))
	}
	if want := [6]uint32{formatVersion, vocabSize, hidden, layers, inner, MaxTokens}; got != want {
		return fmt.Errorf("weights: version and shape are %v, this program reads %v", got, want)
	}
	if n := binary.LittleEndian.Uint64([]byte(file[40:48])); n != uint64(len(file)-headerSize) {
		return fmt.Errorf("weights: %d bytes after the header, which says %d", len(file)-headerSize, n)
	}
	return nil
}

// verify compares the checksum in the header with the payload. It reads all of
// the file, which starting does not.
func verify(file string) error {
	if err := checkHeader(file); err != nil {
		return err
	}
	if sum := sha256.Sum256([]byte(file[headerSize:])); string(sum[:]) != file[48:80] {
		return errors.New("weights: the checksum is wrong")
	}
	return nil
}

// reader cuts sections off the file. Sections start at multiples of 64 bytes.
type reader struct {
	rest string
	bad  bool
}

func (r *reader) take(n int) string {
	padded := (n + 63) &^ 63
	if padded > len(r.rest) {
		r.bad = true
		return string(make([]byte, n))
	}
	section := r.rest[:n]
	r.rest = r.rest[padded:]
	return section
}

// counted takes a section of words that starts with their number.
func (r *reader) counted() string {
	if len(r.rest) < 4 || uint64(uint32At(r.rest, 0)) > uint64(len(r.rest)/4-1) {
		r.bad = true
		return ""
	}
	return r.take(4 + 4*int(uint32At(r.rest, 0)))[4:]
}

func (r *reader) floats(n int) []float32 {
	section := r.take(4 * n)
	out := make([]float32, n)
	for i := range out {
		out[i] = floatAt(section, i)
	}
	return out
}

func (r *reader) norm() layerNorm {
	v := r.floats(2 * hidden)
	return layerNorm{gain: v[:hidden:hidden], bias: v[hidden:]}
}

func (r *reader) matrix(in, out int) matrix {
	m := matrix{in: in, out: out}
	m.panels = r.take(out / panelWidth * m.panelSize())
	return m
}

func (r *reader) end() error {
	if r.bad || len(r.rest) != 0 {
		return errors.New("weights: the sections do not add up to the file")
	}
	return nil
}

// uint32At reads the i-th little-endian word of s.
func uint32At(s string, i int) uint32 {
	s = s[4*i : 4*i+4]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

func floatAt(s string, i int) float32 { return math.Float32frombits(uint32At(s, i)) }
