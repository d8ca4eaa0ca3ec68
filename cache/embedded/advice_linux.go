// Advice to the kernel about the mapped file.

package embedded

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// readWidely calls read, which visits much of the file in no order. bbolt maps
// the file for single random reads; meanwhile neighbouring pages are worth
// reading ahead. Afterwards the pages leave the process, though not the page
// cache: they would count as its memory.
func (f *file) readWidely(read func()) {
	f.advise(unix.MADV_NORMAL)
	defer func() {
		f.advise(unix.MADV_RANDOM)
		f.advise(unix.MADV_DONTNEED)
	}()
	read()
}

// advise is best effort: a refusal costs nothing but speed. The system call is
// made by number because the mapping is not Go's memory.
func (f *file) advise(advice uintptr) {
	stat, err := f.os.Stat()
	if err != nil {
		return
	}
	_, _, _ = syscall.Syscall(unix.SYS_MADVISE, f.bolt.Info().Data, uintptr(stat.Size()), advice)
}
