package minilm

// The binary files of weights: a header, then sections read in place.

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Every header has the same fields: the magic, six words of version and shape,
// the length of the payload and its SHA-256.
const (
	headerSize = 128
	magicSize  = 16
	sumStart   = 48
	sumEnd     = sumStart + sha256.Size
)

// checkHeader compares what the header says with what this program reads.
func checkHeader(file, magic string, want [6]uint32) error {
	if len(file) < headerSize || file[:magicSize] != magic {
		return errors.New("weights: not a weights file of this program")
	}
	var got [6]uint32
	for i := range got {
		got[i] = uint32At(file[magicSize:], i)
	}
	if got != want {
		return fmt.Errorf("weights: version and shape are %v, this program reads %v", got, want)
	}
	if n := binary.LittleEndian.Uint64([]byte(file[40:sumStart])); n != uint64(len(file)-headerSize) {
		return fmt.Errorf("weights: %d bytes after the header, which says %d", len(file)-headerSize, n)
	}
	return nil
}

// payloadSum is the payload's SHA-256, as the header has it.
func payloadSum(file string) string { return file[sumStart:sumEnd] }

// verifySum compares the checksum in the header with the payload. It reads all
// of the file, which starting does not.
func verifySum(file string) error {
	if len(file) < headerSize {
		return errors.New("weights: shorter than a header")
	}
	if sum := sha256.Sum256([]byte(file[headerSize:])); string(sum[:]) != payloadSum(file) {
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
