// The choice of inner loops where there is only the portable one.

//go:build !amd64

package flat

func available() []kernels { return []kernels{portable} }
