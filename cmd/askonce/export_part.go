// The file of an export while it grows: FILE.part, which becomes FILE.

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/askonce/askonce/cache/transfer"
)

// partFile is FILE.part, opened behind what is whole in it.
type partFile struct {
	*os.File
	final string
	part  *transfer.Part // what it held; nil for a new one
}

// openPart makes FILE.part or, to resume, goes on with it if there is one.
func openPart(final string, resume bool) (*partFile, error) {
	path := final + ".part"
	if resume {
		if file, err := resumePart(path, final); !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s is left from an export that was interrupted; go on with --resume, or remove it", path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written: %s", path, reason(err))
	}
	return &partFile{File: file, final: final}, nil
}

func resumePart(path, final string) (_ *partFile, err error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	part, err := transfer.Survey(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; remove it and export anew", path, err)
	}
	if err := file.Truncate(part.Size); err != nil {
		return nil, err
	}
	_, err = file.Seek(part.Size, io.SeekStart)
	return &partFile{File: file, final: final, part: part}, err
}

// writer begins the file or goes on with it, if it is of the same kind.
func (f *partFile) writer(header transfer.Header) (*transfer.Writer, error) {
	if f.part == nil {
		return transfer.NewWriter(f, header)
	}
	was := f.part.Header
	switch {
	case was.Embedder != header.Embedder || was.Dimensions != header.Dimensions || was.Vectors != header.Vectors:
		return nil, fmt.Errorf("%s has vectors of %s, this cache of %s; remove the file and export anew",
			f.Name(), orText(was.Embedder, "no embedder"), orText(header.Embedder, "no embedder"))
	case was.Secret != header.Secret:
		return nil, fmt.Errorf("%s was begun with another cache; remove the file and export anew", f.Name())
	}
	return transfer.ContinueWriter(f, f.part.Entries)
}

// finish closes the file, and gives it its name if it is complete.
func (f *partFile) finish(complete bool) error {
	if err := errors.Join(f.Sync(), f.Close()); err != nil || !complete {
		return err
	}
	if err := os.Rename(f.Name(), f.final); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(f.final))
}
