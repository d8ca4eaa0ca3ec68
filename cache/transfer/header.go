// The first line of a file.

package transfer

import (
	"errors"
	"fmt"
	"time"
)

const (
	formatName    = "askonce-export"
	formatVersion = 1

	// vectorsFloat32 says how components are written.
	vectorsFloat32 = "float32"
)

// Header says what a file holds and who has written it.
type Header struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	Program string    `json:"program"` // the version of askonce that wrote it
	Created time.Time `json:"created"`

	// Embedder is the identity of what made the vectors, Dimensions their
	// length, and Vectors their encoding. All are empty in a file without.
	Embedder   string `json:"embedder,omitzero"`
	Dimensions int    `json:"dimensions,omitzero"`
	Vectors    string `json:"vectors,omitzero"`

	// Secret tells secrets apart without giving them away: tenants that are
	// made from callers' credentials mean something only under the same one.
	Secret string `json:"secret,omitzero"`
}

// NewHeader returns the header of a file without vectors.
func NewHeader(program string, created time.Time) Header {
	return Header{Format: formatName, Version: formatVersion, Program: program, Created: created.UTC().Truncate(time.Second)}
}

// WithVectors returns the header of a file with vectors of that embedder.
func (h Header) WithVectors(embedder string, dimensions int) Header {
	h.Embedder, h.Dimensions, h.Vectors = embedder, dimensions, vectorsFloat32
	return h
}

// ErrNotExport means that a file does not begin as an export does.
var ErrNotExport = errors.New("this is not an export of askonce, or its beginning is damaged")

// NewerVersionError means that a newer program has written the file.
type NewerVersionError struct {
	Found, Supported int
	Program          string // that wrote it
}

func (e *NewerVersionError) Error() string {
	return fmt.Sprintf("the file has version %d of the format (written by %s), this program reads up to %d: use the newer program",
		e.Found, e.Program, e.Supported)
}

// check refuses what this program cannot read.
func (h *Header) check() error {
	switch {
	case h.Format != formatName || h.Version < 1:
		return ErrNotExport
	case h.Version > formatVersion:
		return &NewerVersionError{Found: h.Version, Supported: formatVersion, Program: h.Program}
	case h.Vectors != "" && h.Vectors != vectorsFloat32:
		return fmt.Errorf("the vectors are encoded as %q, this program reads %s", h.Vectors, vectorsFloat32)
	case h.Vectors != "" && (h.Embedder == "" || h.Dimensions < 1):
		return ErrNotExport
	}
	return nil
}
