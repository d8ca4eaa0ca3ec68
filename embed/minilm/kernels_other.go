//go:build !amd64

package minilm

// fastest returns the kernels for this processor.
func fastest() kernels { return scalar{} }

// available returns the kernels that this processor can run, slowest first.
func available() []kernels { return []kernels{scalar{}} }
