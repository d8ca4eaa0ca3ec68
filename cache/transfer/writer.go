// Writing a file, frame by frame.

package transfer

import (
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/zstd"
)

// frameBytes is how much text goes into a frame before the line that ends it:
// what is lost with a damaged one, or done again after an interruption.
const frameBytes = 1 << 20

// Writer writes a file. Each frame is one call of the writer below it.
type Writer struct {
	w       io.Writer
	enc     *zstd.Encoder
	text    []byte // of the frame to come
	frame   []byte // memory for a compressed one
	entries int
}

// NewWriter begins a file.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	writer, err := ContinueWriter(w, 0)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(&h)
	if err != nil {
		return nil, fmt.Errorf("transfer: header: %w", err)
	}
	writer.text = append(append(writer.text, text...), '\n')
	return writer, writer.Flush()
}

// ContinueWriter goes on with a file that has so many entries already, behind
// the last of its frames.
func ContinueWriter(w io.Writer, entries int) (*Writer, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("transfer: zstd: %w", err)
	}
	return &Writer{w: w, enc: enc, entries: entries}, nil
}

// Add writes an item. On an error that comes with it, the file is as it was.
func (w *Writer) Add(item Item) error {
	text, err := appendLine(w.text, item)
	if err != nil {
		return &notWritten{err}
	}
	w.text = text
	w.entries++
	if len(w.text) < frameBytes {
		return nil
	}
	return w.Flush()
}

// AddRow writes a row of a book.
func (w *Writer) AddRow(r Row) error {
	text, err := appendRow(w.text, r)
	if err != nil {
		return err
	}
	if w.text = text; len(w.text) < frameBytes {
		return nil
	}
	return w.Flush()
}

// notWritten means that one item has no place in the file.
type notWritten struct{ error }

func (e *notWritten) Unwrap() error { return e.error }

// Flush writes what has been added.
func (w *Writer) Flush() error {
	if len(w.text) == 0 {
		return nil
	}
	w.frame = w.enc.EncodeAll(w.text, w.frame[:0])
	w.text = w.text[:0]
	if _, err := w.w.Write(w.frame); err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	return nil
}

// Close writes the end of the file. It does not close the writer below.
func (w *Writer) Close() error {
	text, err := json.Marshal(&ending{End: true, Entries: w.entries})
	if err != nil {
		return fmt.Errorf("transfer: end: %w", err)
	}
	w.text = append(append(w.text, text...), '\n')
	return w.Flush()
}
