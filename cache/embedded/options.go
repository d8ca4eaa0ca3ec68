// Options and their defaults.

package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const (
	defaultMaxBytes   = 4 << 30
	minMaxBytes       = 1 << 20
	defaultSweepEvery = time.Minute
	defaultLockWait   = 2 * time.Second
)

// Options says where the data is and how much of it to keep. Everything but
// Folder may be left at zero.
type Options struct {
	// Folder holds the data file. It is made if it isn't there.
	Folder string

	// MaxBytes bounds the live entries and points, as encoded. The file may be
	// larger: pages are not always full, and it never shrinks. Default 4 GiB,
	// at least 1 MiB.
	MaxBytes int64

	// SweepEvery is the time between two searches for expired entries.
	// Default 1 minute. Expired entries are misses before they are swept.
	SweepEvery time.Duration

	// LockWait is how long Open waits for another process that uses the
	// folder to end. Default 2 seconds.
	LockWait time.Duration

	// Log gets a line when a file is set aside or found damaged. Default
	// slog.Default().
	Log *slog.Logger
}

// withDefaults fills in what was left at zero.
func (o Options) withDefaults() Options {
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.SweepEvery == 0 {
		o.SweepEvery = defaultSweepEvery
	}
	if o.LockWait == 0 {
		o.LockWait = defaultLockWait
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

// validate reports everything that is wrong with the options.
func (o Options) validate() error {
	var problems []error
	if o.Folder == "" {
		problems = append(problems, errors.New("Folder is empty: name the data folder"))
	}
	if o.MaxBytes < minMaxBytes {
		problems = append(problems, fmt.Errorf("MaxBytes is %d: give at least %d", o.MaxBytes, minMaxBytes))
	}
	if o.SweepEvery < 0 {
		problems = append(problems, fmt.Errorf("SweepEvery is %v: give a positive duration", o.SweepEvery))
	}
	if o.LockWait < 0 {
		problems = append(problems, fmt.Errorf("LockWait is %v: give a positive duration", o.LockWait))
	}
	return errors.Join(problems...)
}
