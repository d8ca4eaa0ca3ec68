// Looking at a file that an interrupted export left.

package transfer

import (
	"bufio"
	"bytes"
	"io"

	"github.com/go-json-experiment/json"

	"github.com/askonce/askonce/cache"
)

// Part is what there is of a file.
type Part struct {
	Header  Header
	Size    int64 // of its whole frames: what follows is to be cut off
	Entries int
	Ended   bool // nothing is missing

	// Last is behind all keys, if the entries are in their order; zero if not.
	Last cache.Key
	keys map[cache.Key]struct{}
}

// Has reports whether the entry is in the part.
func (p *Part) Has(key cache.Key) bool {
	_, there := p.keys[key]
	return there
}

// Survey reads as much of a file as is whole.
func Survey(r io.Reader) (*Part, error) {
	f, err := newFrames(bufio.NewReaderSize(r, readBuffer))
	if err != nil {
		return nil, err
	}
	p := &Part{keys: make(map[cache.Key]struct{})}
	sorted := true
	for !p.Ended && f.next() == nil {
		text, err := io.ReadAll(f.dec)
		if err != nil {
			break
		}
		for line := range bytes.Lines(text) {
			if err := p.take(line, &sorted); err != nil {
				return nil, err
			}
		}
		p.Size = f.offset
	}
	if p.Size == 0 {
		return nil, ErrNotExport
	}
	if !sorted {
		p.Last = cache.Key{}
	}
	return p, nil
}

// take notes a line of a whole frame.
func (p *Part) take(text []byte, sorted *bool) (err error) {
	if p.Header.Format == "" {
		p.Header, err = parseHeader(text)
		return err
	}
	var l struct {
		Key  string `json:"key"`
		Book string `json:"book"`
		End  bool   `json:"end"`
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return ErrNotExport
	}
	if l.End {
		p.Ended = true
		return nil
	}
	if l.Book != "" { // those that were written are written again: an import takes them once
		return nil
	}
	key, err := cache.ParseKey(l.Key)
	if err != nil {
		return ErrNotExport
	}
	*sorted = *sorted && bytes.Compare(p.Last[:], key[:]) < 0
	p.Last = key
	p.keys[key] = struct{}{}
	p.Entries++
	return nil
}
