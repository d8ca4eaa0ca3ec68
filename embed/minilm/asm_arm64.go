package minilm

// The assembly's functions. Strides (stride, ldo, lda, ldb) are in bytes,
// numbers (n, in, pairs, columns) in elements.

//go:noescape
func neonAddNorm(x, y, gain, bias *float32, n int)

//go:noescape
func neonGelu(x *float32, n int)

//go:noescape
func neonQuantise(dst *uint8, x *float32, n int) (scale float32, zero int32)

//go:noescape
func neonDotTile4(out *float32, ldo int, a *uint8, lda int, panel *byte, in int, end *byte, scales *float32, zeros *int32)

//go:noescape
func neonDotTile1(out *float32, ldo int, a *uint8, lda int, panel *byte, in int, end *byte, scales *float32, zeros *int32)

//go:noescape
func neonTile4(out *float32, ldo int, a *int16, lda int, panel *byte, in int, end *byte, scales *float32, zeros *int32)

//go:noescape
func neonTile1(out *float32, ldo int, a *int16, lda int, panel *byte, in int, end *byte, scales *float32, zeros *int32)

//go:noescape
func neonWiden(dst *int16, src *uint8, n int)

//go:noescape
func neonPairs(out *int32, ldo int, a *int16, lda int, b *int16, ldb int, pairs int)

//go:noescape
func neonAbsMax(m, x *float32, n int)

//go:noescape
func neonQuantise16(dst *int16, x, factors *float32, n int)

//go:noescape
func neonSoftmax(weights *int16, scores *int32, n int, factor float32) (sum int32)

//go:noescape
func neonScale(dst *float32, x *int32, n int, factor float32)

//go:noescape
func neonPackKeys(dst, rows *int16, stride, columns int)

//go:noescape
func neonPackValues(dst, rows *int16, stride, columns int)
