//go:build unix

// What the process has used of the processor.

package pace_test

import (
	"syscall"
	"testing"
	"time"
)

// processorTime is what the process has used.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
