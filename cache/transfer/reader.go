// Reading a file line by line.

package transfer

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
)

const (
	readBuffer = 256 << 10

	// maxLine is more than any entry takes.
	maxLine = 256 << 20
)

// ErrEndsEarly means that the file has no end: something is missing.
var ErrEndsEarly = errors.New("the file ends early: it was cut off, or its export was interrupted")

// LineError means that a line, or a part of the file, cannot be used. What
// follows can.
type LineError struct {
	Line   int // counted from 1, without lines in damaged parts
	Reason string
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Reader reads a file.
type Reader struct {
	lines  *bufio.Reader
	header Header
	line   int
	ended  bool
}

// NewReader reads the header, from compressed lines or plain ones.
func NewReader(r io.Reader) (*Reader, error) {
	in := bufio.NewReaderSize(r, readBuffer)
	lines := in
	if first, err := in.Peek(1); err == nil && first[0] != '{' {
		f, err := newFrames(in)
		if err != nil {
			return nil, err
		}
		lines = bufio.NewReaderSize(f, readBuffer)
	} else if err != nil && err != io.EOF {
		return nil, err
	}
	reader := &Reader{lines: lines}
	text, err := reader.read()
	if err != nil && (err != io.EOF || len(text) == 0) {
		return nil, beginningError(err)
	}
	reader.header, err = parseHeader(text)
	return reader, err
}

// beginningError tells a file that is none of ours from one that cannot be
// read.
func beginningError(err error) error {
	if bad := (*LineError)(nil); errors.As(err, &bad) || err == io.EOF {
		return ErrNotExport
	}
	return err
}

func parseHeader(text []byte) (h Header, err error) {
	if err := json.Unmarshal(text, &h); err != nil {
		return h, ErrNotExport
	}
	return h, h.check()
}

// Header returns the first line.
func (r *Reader) Header() Header { return r.header }

// Next returns the next entry. A *[LineError] is one that cannot be used, and
// Next can be called again; io.EOF is the end, and ErrEndsEarly one that should
// not be there.
func (r *Reader) Next() (Item, error) {
	for !r.ended {
		text, err := r.read()
		if len(text) == 0 {
			switch {
			case err == nil:
				continue // an empty line
			case err == io.EOF:
				return Item{}, ErrEndsEarly
			}
			return Item{}, err
		}
		item, end, err := parseLine(text, r.header.Dimensions)
		if err != nil {
			return Item{}, &LineError{r.line, err.Error()}
		}
		if !end {
			return item, nil
		}
		r.ended = true
	}
	return Item{}, io.EOF
}

// read returns a line without its end. The last one may have none. After an
// error other than io.EOF, there is no line.
func (r *Reader) read() ([]byte, error) {
	r.line++
	var text []byte
	for {
		part, err := r.lines.ReadSlice('\n')
		if len(text)+len(part) > maxLine {
			return nil, r.skip(err)
		}
		text = append(text, part...)
		switch {
		case err == nil:
			return text[:len(text)-1], nil
		case errors.Is(err, errGap):
			return nil, &LineError{r.line, "a part of the file from here on is damaged"}
		case !errors.Is(err, bufio.ErrBufferFull):
			return text, err
		}
	}
}

// skip leaves the rest of a line that is too long, of which the last part was
// read with err.
func (r *Reader) skip(err error) error {
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.lines.ReadSlice('\n')
	}
	if err != nil && err != io.EOF && !errors.Is(err, errGap) {
		return err
	}
	return &LineError{r.line, fmt.Sprintf("it is longer than %d bytes", maxLine)}
}
