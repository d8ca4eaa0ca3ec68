// Release of the file lock where closing is not enough.

//go:build unix && !aix && !solaris

package embedded

import (
	"os"

	"golang.org/x/sys/unix"
)

// release unlocks and closes a file that is still mapped: the mapping would
// keep the lock.
func release(f *os.File) error {
	_ = unix.Flock(int(f.Fd()), unix.LOCK_UN) // fails if it holds none
	return f.Close()
}
