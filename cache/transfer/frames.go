// Frames of zstd (RFC 8878): where each one ends, so that what follows a
// damaged one is not lost.

package transfer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// errGap means that a part of the file could not be read. Reading goes on
// behind it.
var errGap = errors.New("transfer: a damaged part was skipped")

// magic begins every frame (3.1.1).
var magic = []byte{0x28, 0xb5, 0x2f, 0xfd}

const (
	blockHeader = 3
	maxBlock    = 128 << 10 // 3.1.1.2.4
	checksum    = 4

	blockRLE      = 1
	blockReserved = 3

	// maxWindow is what `zstd --long` asks of a reader.
	maxWindow = 128 << 20
)

// frames reads the contents of all frames, one after the other, as one text.
type frames struct {
	in      *bufio.Reader
	dec     *zstd.Decoder
	current *frame // nil between frames
	offset  int64  // of what was consumed of in
}

func newFrames(in *bufio.Reader) (*frames, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, fmt.Errorf("transfer: zstd: %w", err)
	}
	return &frames{in: in, dec: dec}, nil
}

// Read returns errGap once for every damaged place, and can be called again
// after it.
func (f *frames) Read(p []byte) (int, error) {
	for {
		if f.current == nil {
			if err := f.next(); err != nil {
				return 0, err
			}
		}
		n, err := f.dec.Read(p)
		switch {
		case err == io.EOF:
			f.current = nil
		case err != nil:
			return n, f.leave()
		}
		if n > 0 {
			return n, nil
		}
	}
}

// next begins the next frame.
func (f *frames) next() error {
	for {
		start, err := f.in.Peek(zstd.HeaderMaxSize)
		if len(start) == 0 {
			return err // io.EOF at the end
		}
		var header zstd.Header
		if err := header.Decode(start); err != nil {
			return f.resync()
		}
		if header.Skippable {
			if err := f.discard(int64(header.HeaderSize) + int64(header.SkippableSize)); err != nil {
				return err
			}
			continue
		}
		f.current = &frame{from: f, left: header.HeaderSize, hasSum: header.HasCheckSum}
		if err := f.dec.Reset(f.current); err != nil {
			return f.leave()
		}
		return nil
	}
}

// leave goes to the end of a frame whose contents are damaged, or, if its
// blocks are, to where the next frame seems to begin.
func (f *frames) leave() error {
	_, err := io.Copy(io.Discard, f.current)
	f.current = nil
	if errors.Is(err, errGap) {
		return f.resync()
	}
	return errGap
}

// resync looks for the beginning of a frame, behind at least one byte.
func (f *frames) resync() error {
	skip := 1
	for {
		if err := f.discard(int64(skip)); err != nil {
			return errGap // at the end, which the next call finds
		}
		window, _ := f.in.Peek(maxBlock)
		at := bytes.Index(window, magic)
		switch {
		case at == 0:
			return errGap
		case at > 0:
			skip = at
		case len(window) < len(magic):
			skip = len(window) + 1
		default:
			skip = len(window) - len(magic) + 1
		}
	}
}

func (f *frames) discard(n int64) error {
	done, err := io.CopyN(io.Discard, f.in, n)
	f.offset += done
	return err
}

// frame is the compressed bytes of one frame.
type frame struct {
	from   *frames
	left   int // bytes of the header, block or checksum that is being read
	hasSum bool
	last   bool // the block that is being read is the last one
}

// Read implements [io.Reader]. errGap means that the bytes are those of no
// frame.
func (f *frame) Read(p []byte) (int, error) {
	if f.left == 0 {
		if err := f.advance(); err != nil {
			return 0, err
		}
	}
	n, err := f.from.in.Read(p[:min(len(p), f.left)])
	f.left -= n
	f.from.offset += int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// advance begins the next block, or the checksum.
func (f *frame) advance() error {
	if f.last {
		if !f.hasSum {
			return io.EOF
		}
		f.hasSum, f.left = false, checksum
		return nil
	}
	head, err := f.from.in.Peek(blockHeader)
	if err != nil {
		return io.ErrUnexpectedEOF
	}
	bits := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
	kind, size := bits>>1&3, bits>>3
	if kind == blockReserved || size > maxBlock {
		return errGap
	}
	if kind == blockRLE {
		size = 1
	}
	f.last, f.left = bits&1 == 1, blockHeader+size
	return nil
}
