// Where the kernel is given no advice about the mapped file.

//go:build !linux

package embedded

func (f *file) readWidely(read func()) { read() }
