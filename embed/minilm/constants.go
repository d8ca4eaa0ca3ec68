//go:build amd64 || arm64

package minilm

// Constants of the assembly, from the definitions in the scalar kernels.
var (
	normConstants  = [...]float32{1.0 / hidden, layerNormEpsilon, 1, 255}
	geluConstants  = [...]float32{-geluLimit, geluLimit, geluP3, geluP2, geluP1, geluP0, geluQ3, geluQ2, geluQ1, 1, 0.5}
	powerConstants = [...]float32{powerC4, powerC3, powerC2, powerC1, powerC0, powerLow}
)
