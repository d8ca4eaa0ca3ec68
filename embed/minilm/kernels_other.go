//go:build !amd64 && !arm64

package minilm

// available returns the kernels that this processor can run, slowest first.
func available() []kernels { return []kernels{scalar{}} }
