// The data file: opening, checking, setting aside.

package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	fileName = "askonce.db"

	// markName is made beside a file that was found damaged while running;
	// the next Open sets the file aside because of it.
	markName = "askonce.db.is-damaged"

	// format is the version of the layout described in doc.go.
	format = 1

	// mapAhead is the address space mapped at first, so that a growing file
	// is rarely mapped again, for which readers have to wait.
	mapAhead = 256 << 20

	// newPages is how many pages bbolt gives a new file.
	newPages = 4
)

var formatKey = []byte("format")

// file is an open, checked data file.
type file struct {
	bolt  *bbolt.DB
	os    *os.File
	tally tally
	aside string // where a damaged predecessor went, or ""
}

// openFile opens the file of the folder, sets it aside if it is damaged, and
// then starts an empty one.
func openFile(o Options) (*file, error) {
	if err := os.MkdirAll(o.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("embedded: can't make the data folder: %w", err)
	}
	path := filepath.Join(o.Folder, fileName)
	f, err := tryOpen(path, o.LockWait)
	if !errors.Is(err, ErrDamaged) {
		return f, err
	}
	aside, asideErr := setAside(path, time.Now())
	if asideErr != nil {
		return nil, fmt.Errorf("%w, and it can't be set aside: %w", err, asideErr)
	}
	o.Log.Error("the data file is damaged: set aside, starting with an empty one",
		"file", path, "moved_to", aside, "cause", err.Error())
	if f, err = tryOpen(path, o.LockWait); err != nil {
		return nil, err
	}
	f.aside = aside
	return f, nil
}

// tryOpen opens and checks the file. An error that is ErrDamaged says that
// nobody holds the file and that it can't be used.
func tryOpen(path string, wait time.Duration) (*file, error) {
	stat, statErr := os.Stat(path)
	existed := statErr == nil
	var f file
	err := caught(func() error {
		var err error
		f.bolt, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout:         wait,
			FreelistType:    bbolt.FreelistMapType,
			InitialMmapSize: mapAhead,
			NoStatistics:    true,
			OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
				f.os, err = os.OpenFile(name, flag, mode)
				return f.os, err
			},
		})
		return err
	})
	if err != nil {
		if f.os != nil {
			_ = release(f.os) // bbolt has done so, unless it panicked
		}
		return nil, openError(path, err)
	}
	if existed {
		err = refuseKnownDamage(path, stat)
	} else {
		err = removeMark(path)
	}
	if err == nil {
		f.readWidely(func() { err = caught(f.prepare) })
	}
	if err != nil {
		f.bolt.Close()
		return nil, err
	}
	return &f, syncFolder(filepath.Dir(path))
}

// openError tells apart what bbolt.Open fails with: a lock, the operating
// system, or the contents of the file.
func openError(path string, err error) error {
	if errors.Is(err, bolterrors.ErrTimeout) {
		return fmt.Errorf("%w: %s is locked: stop the other one, or give this one another folder", ErrInUse, path)
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("embedded: can't open the data file: %w", err)
	}
	if _, ok := errors.AsType[syscall.Errno](err); ok {
		return fmt.Errorf("embedded: can't open the data file: %w", err)
	}
	if errors.Is(err, ErrDamaged) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// refuseKnownDamage looks at what can be told without reading the file.
func refuseKnownDamage(path string, before fs.FileInfo) error {
	if before.Size() == 0 {
		return fmt.Errorf("%w: it is empty", ErrDamaged)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), markName)); err == nil {
		return fmt.Errorf("%w: it was found so while in use", ErrDamaged)
	}
	return nil
}

// prepare makes the buckets of a new file and checks an old one. A process
// that was killed at its very first start leaves a file without buckets.
func (f *file) prepare() error {
	isNew := false
	err := f.bolt.View(func(tx *bbolt.Tx) error {
		if name, _ := tx.Cursor().First(); name == nil && tx.Size() <= newPages*int64(f.bolt.Info().PageSize) {
			isNew = true
			return nil
		}
		return f.check(tx)
	})
	if isNew {
		return f.bolt.Update(create)
	}
	return err
}

func (f *file) check(tx *bbolt.Tx) error {
	if err := checkFormat(tx, f.os.Name()); err != nil {
		return err
	}
	if err := f.checkSize(tx); err != nil {
		return err
	}
	var err error
	f.tally, err = walk(tx)
	return err
}

func create(tx *bbolt.Tx) error {
	for _, name := range bucketNames {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	row := binary.BigEndian.AppendUint32(make([]byte, sumSize), format)
	seal(row)
	return tx.Bucket(aboutBucket).Put(formatKey, row)
}

// checkFormat reads the format version. It is sealed, so that damage is not
// taken for a newer program's file.
func checkFormat(tx *bbolt.Tx, path string) error {
	about := tx.Bucket(aboutBucket)
	if about == nil {
		return fmt.Errorf("%w: it holds no askonce data", ErrDamaged)
	}
	row, err := unseal(about.Get(formatKey))
	if err != nil || len(row) != 4 {
		return fmt.Errorf("%w: it has no format version", ErrDamaged)
	}
	if found := binary.BigEndian.Uint32(row); found > format {
		return &NewerFormatError{Path: path, Found: found, Supported: format}
	}
	return nil
}

// checkSize finds a file that was cut short behind the pages that are read
// next.
func (f *file) checkSize(tx *bbolt.Tx) error {
	stat, err := f.os.Stat()
	if err != nil {
		return fmt.Errorf("embedded: can't open the data file: %w", err)
	}
	if stat.Size() < tx.Size() {
		return fmt.Errorf("%w: it has %d bytes of %d", ErrDamaged, stat.Size(), tx.Size())
	}
	return nil
}

// setAside renames the file and takes away its mark.
func setAside(path string, now time.Time) (string, error) {
	stem := path + ".damaged-" + now.UTC().Format("20060102T150405Z")
	aside := stem
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		}
		aside = fmt.Sprintf("%s-%d", stem, n)
	}
	if err := os.Rename(path, aside); err != nil {
		return "", err
	}
	if err := removeMark(path); err != nil {
		return "", err
	}
	return aside, syncFolder(filepath.Dir(path))
}

// removeMark removes the mark of a file that is no longer there.
func removeMark(path string) error {
	err := os.Remove(filepath.Join(filepath.Dir(path), markName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("embedded: can't remove the mark of a damaged file: %w", err)
	}
	return nil
}

// syncFolder makes new and renamed files of the folder durable. Windows has no
// such call.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("embedded: can't open the data folder: %w", err)
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("embedded: can't sync the data folder: %w", err)
	}
	return nil
}
