// DB: open, close, state.

package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/askonce/askonce/cache"
)

// DB is an open data folder. It is safe for concurrent use.
type DB struct {
	options Options
	log     *slog.Logger
	file    *file
	writes  *committer

	state  atomic.Pointer[Stats]
	damage atomic.Pointer[faultError]

	indexing sync.Mutex // held by Index
	mu       sync.RWMutex
	indexes  map[string]*index

	bookChanges map[string]int64 // by book; under mu

	stopSweeper context.CancelFunc
	sweeper     chan struct{} // closed when it has ended
	closing     sync.Once
}

// Stats is what is in the folder, and what happened since Open.
type Stats struct {
	Entries int64 // with those that expired and are not swept yet
	Points  int64 // of all identities, likewise
	Bytes   int64 // of both, as encoded; bounded by Options.MaxBytes

	Evicted int64 // entries removed to make room
	Expired int64 // entries removed by the sweeper

	// SetAside is where Open has moved a damaged file, or "".
	SetAside string
}

// Open opens the data folder, or makes it. A damaged file is set aside, which
// is logged, and an empty one takes its place. It returns ErrInUse if another
// process has the folder, and a *NewerFormatError if a newer program wrote it.
func Open(options Options) (*DB, error) {
	options = options.withDefaults()
	if err := options.validate(); err != nil {
		return nil, fmt.Errorf("embedded: %w", err)
	}
	f, err := openFile(options)
	if err != nil {
		return nil, err
	}
	db := &DB{options: options, log: options.Log, file: f, indexes: make(map[string]*index), bookChanges: make(map[string]int64)}
	db.state.Store(&Stats{
		Entries: f.tally.entries, Points: f.tally.points, Bytes: f.tally.bytes, SetAside: f.aside,
	})
	db.writes = startCommitter(db)
	ctx, cancel := context.WithCancel(context.Background())
	db.stopSweeper, db.sweeper = cancel, make(chan struct{})
	go db.sweepEvery(ctx, options.SweepEvery)
	return db, nil
}

// Store returns the entries.
func (db *DB) Store() cache.Store { return (*store)(db) }

// Stats returns the current figures. It costs nothing.
func (db *DB) Stats() Stats { return *db.state.Load() }

// Err returns the damage that was found since Open, or nil. After damage,
// reads go on where they can, and writes fail.
func (db *DB) Err() error {
	if fault := db.damage.Load(); fault != nil {
		return fault
	}
	return nil
}

// Close commits what was handed in, and closes the file. Calls after it
// return ErrClosed.
func (db *DB) Close() error {
	var err error
	db.closing.Do(func() {
		db.stopSweeper()
		<-db.sweeper
		db.writes.stop()
		err = db.closeFile()
	})
	return err
}

func (db *DB) closeFile() error {
	if db.damage.Load() != nil {
		// The tree may hold its locks for good. Letting go of the file is
		// enough for the next process; readers keep their mapping.
		return release(db.file.os)
	}
	if err := db.file.bolt.Close(); err != nil {
		return fmt.Errorf("embedded: can't close the data file: %w", err)
	}
	return nil
}

// markDamaged remembers the first fault, and leaves a mark for the next Open.
func (db *DB) markDamaged(fault *faultError) {
	if !db.damage.CompareAndSwap(nil, fault) {
		return
	}
	path := filepath.Join(db.options.Folder, fileName)
	markErr := os.WriteFile(filepath.Join(db.options.Folder, markName), nil, 0o600)
	db.log.Error("the data file is damaged: writes fail from now on, and the next start sets it aside",
		"file", path, "cause", fault.cause, "mark_error", markErr, "stack", string(fault.stack))
}

// now is the time that expiry is judged by, in microseconds.
func now() int64 { return time.Now().UnixMicro() }
