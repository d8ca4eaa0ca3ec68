// Release of the file lock where closing is enough.

//go:build !unix || aix || solaris

package embedded

import "os"

func release(f *os.File) error { return f.Close() }
