package minilm

// The assembly's functions. Strides (ldo, lda, ldb) are in bytes, numbers (n,
// groups, pairs, columns) in elements.

//go:noescape
func avx2AddNorm(x, y, gain, bias *float32, n int)

//go:noescape
func avx2Gelu(x *float32, n int)

//go:noescape
func avx2Quantise(dst *uint8, x *float32, n int) (scale float32, zero int32)

//go:noescape
func avx2Widen(dst *int16, src *uint8, n int)

//go:noescape
func avx2Tile6(out *float32, ldo int, a *int16, lda int, panel *byte, groups int, end *byte, scales *float32, zeros *int32)

//go:noescape
func avx2Tile4(out *float32, ldo int, a *int16, lda int, panel *byte, groups int, end *byte, scales *float32, zeros *int32)

//go:noescape
func avx2Tile1(out *float32, ldo int, a *int16, lda int, panel *byte, groups int, end *byte, scales *float32, zeros *int32)

//go:noescape
func avx2Pairs(out *int32, ldo int, a *int16, lda int, b *int16, ldb int, pairs int)

//go:noescape
func avx2AbsMax(m, x *float32, n int)

//go:noescape
func avx2Quantise16(dst *int16, x, factors *float32, n int)

//go:noescape
func avx2Softmax(weights *int16, scores *int32, n int, factor float32) (sum int32)

//go:noescape
func avx2Scale(dst *float32, x *int32, n int, factor float32)

//go:noescape
func avx2PackKeys(dst, rows *int16, stride, columns int)

//go:noescape
func avx2PackValues(dst, rows *int16, stride, columns int)

//go:noescape
func vnniTile8(out *float32, ldo int, a *uint8, lda int, panel *byte, groups int, scales *float32, zeros *int32)

//go:noescape
func vnniTile4(out *float32, ldo int, a *uint8, lda int, panel *byte, groups int, scales *float32, zeros *int32)

//go:noescape
func vnniTile1(out *float32, ldo int, a *uint8, lda int, panel *byte, groups int, scales *float32, zeros *int32)

//go:noescape
func vnniPairs(out *int32, ldo int, a *int16, lda int, b *int16, ldb int, pairs int)
