// Errors of this package, and how faults become errors.

package embedded

import (
	"errors"
	"fmt"
	"runtime/debug"

	bolterrors "go.etcd.io/bbolt/errors"
)

var (
	// ErrClosed is returned by calls after Close.
	ErrClosed = errors.New("embedded: store is closed")

	// ErrDamaged is returned by calls that came upon damaged data.
	ErrDamaged = errors.New("embedded: data file is damaged")

	// ErrInUse is returned by Open if another process uses the folder.
	ErrInUse = errors.New("embedded: another askonce uses the data folder")
)

// NewerFormatError is returned by Open for a file that a newer version of the
// program has written. The file is left as it is.
type NewerFormatError struct {
	Path      string
	Found     uint32
	Supported uint32
}

func (e *NewerFormatError) Error() string {
	return fmt.Sprintf("embedded: %s has format %d, this program reads up to %d: use the newer program, or another data folder",
		e.Path, e.Found, e.Supported)
}

// faultError is a panic of the tree's code, or a memory fault while reading
// the mapped file: both mean that its pages can't be trusted.
type faultError struct {
	cause any
	stack []byte
}

func (e *faultError) Error() string { return fmt.Sprintf("%v: %v", ErrDamaged, e.cause) }
func (e *faultError) Unwrap() error { return ErrDamaged }

// caught runs call and returns its panics and memory faults as a *faultError.
// A file that was cut short under its mapping raises SIGBUS, which would
// otherwise end the process.
func caught(call func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = &faultError{cause: p, stack: debug.Stack()}
		}
	}()
	return call()
}

// guarded is caught for an open database: the first fault is logged and
// remembered, and calls after Close get ErrClosed.
func (db *DB) guarded(call func() error) error {
	err := caught(call)
	if fault, ok := errors.AsType[*faultError](err); ok {
		db.markDamaged(fault)
		return err
	}
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
}

// writeError remembers damage that stopped a transaction. A record that can't
// be read is one caller's error; one that can't be replaced or removed would
// fail every transaction that touches it, with all the writes in it.
func (db *DB) writeError(err error) error {
	if _, ok := errors.AsType[*faultError](err); ok {
		return err // remembered already
	}
	if !errors.Is(err, ErrDamaged) && !errors.Is(err, bolterrors.ErrIncompatibleValue) {
		return err
	}
	fault := &faultError{cause: err}
	db.markDamaged(fault)
	return fault
}
