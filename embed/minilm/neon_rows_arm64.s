#include "textflag.h"
#include "neon_arm64.h"

// Kernels on rows of floats, with NEON. Products are never fused with sums, so
// that the rounding is that of the scalar kernels.

// The sum of the sixteen lanes of V0 to V3, halves onto halves, in F0.
#define LANESUM \
	FADD(2, 0, 0)                   \
	FADD(3, 1, 1)                   \
	FADD(1, 0, 0)                   \
	VEXT  $8, V0.B16, V0.B16, V1.B16 \
	FADD(1, 0, 0)                   \
	VDUP  V0.S[1], V1.S4            \
	FADDS F1, F0, F0

#define ZERO4 \
	VEOR V0.B16, V0.B16, V0.B16 \
	VEOR V1.B16, V1.B16, V1.B16 \
	VEOR V2.B16, V2.B16, V2.B16 \
	VEOR V3.B16, V3.B16, V3.B16

// func neonAddNorm(x, y, gain, bias *float32, n int)
TEXT ·neonAddNorm(SB), NOSPLIT, $0-40
	MOVD x+0(FP), R0
	MOVD y+8(FP), R1
	MOVD gain+16(FP), R2
	MOVD bias+24(FP), R3
	MOVD n+32(FP), R4
	MOVD $·normConstants(SB), R5
	MOVD R0, R6
	MOVD R4, R7
	ZERO4

add:
	VLD1   (R6), [V4.S4, V5.S4, V6.S4, V7.S4]
	VLD1.P 64(R1), [V16.S4, V17.S4, V18.S4, V19.S4]
	FADD(16, 4, 4)
	FADD(17, 5, 5)
	FADD(18, 6, 6)
	FADD(19, 7, 7)
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R6)
	FADD(4, 0, 0)
	FADD(5, 1, 1)
	FADD(6, 2, 2)
	FADD(7, 3, 3)
	SUBS   $16, R7
	BNE    add

	LANESUM
	FMOVS 0(R5), F30
	FMULS F30, F0, F0
	VDUP  V0.S[0], V20.S4 // the mean
	MOVD  R0, R6
	MOVD  R4, R7
	ZERO4

squares:
	VLD1.P 64(R6), [V4.S4, V5.S4, V6.S4, V7.S4]
	FSUB(20, 4, 4)
	FSUB(20, 5, 5)
	FSUB(20, 6, 6)
	FSUB(20, 7, 7)
	FMUL(4, 4, 4)
	FMUL(5, 5, 5)
	FMUL(6, 6, 6)
	FMUL(7, 7, 7)
	FADD(4, 0, 0)
	FADD(5, 1, 1)
	FADD(6, 2, 2)
	FADD(7, 3, 3)
	SUBS   $16, R7
	BNE    squares

	LANESUM
	FMULS  F30, F0, F0
	FMOVS  4(R5), F1
	FADDS  F1, F0, F0
	FSQRTS F0, F0
	FMOVS  8(R5), F1
	FDIVS  F0, F1, F0
	VDUP   V0.S[0], V21.S4 // one over the deviation

scale:
	VLD1   (R0), [V4.S4, V5.S4]
	VLD1.P 32(R2), [V16.S4, V17.S4]
	VLD1.P 32(R3), [V18.S4, V19.S4]
	FSUB(20, 4, 4)
	FSUB(20, 5, 5)
	FMUL(21, 4, 4)
	FMUL(21, 5, 5)
	FMUL(16, 4, 4)
	FMUL(17, 5, 5)
	FADD(18, 4, 4)
	FADD(19, 5, 5)
	VST1.P [V4.S4, V5.S4], 32(R0)
	SUBS   $8, R4
	BNE    scale
	RET

// x in v is replaced by its gelu; the constants are in V16 to V26.
#define GELU(v, t, s, p, q) \
	FMAX(16, v, t)  \
	FMIN(17, t, t)  \
	FMUL(t, t, s)   \
	FMUL(s, 18, p)  \
	FADD(19, p, p)  \
	FMUL(s, p, p)   \
	FADD(20, p, p)  \
	FMUL(s, p, p)   \
	FADD(21, p, p)  \
	FMUL(t, p, p)   \
	FMUL(s, 22, q)  \
	FADD(23, q, q)  \
	FMUL(s, q, q)   \
	FADD(24, q, q)  \
	FMUL(s, q, q)   \
	FADD(25, q, q)  \
	FDIV(q, p, p)   \
	FADD(26, p, p)  \
	FMUL(v, p, v)

// func neonGelu(x *float32, n int)
TEXT ·neonGelu(SB), NOSPLIT, $0-16
	MOVD    x+0(FP), R0
	MOVD    n+8(FP), R1
	MOVD    $·geluConstants(SB), R2
	VLD1R.P 4(R2), [V16.S4]
	VLD1R.P 4(R2), [V17.S4]
	VLD1R.P 4(R2), [V18.S4]
	VLD1R.P 4(R2), [V19.S4]
	VLD1R.P 4(R2), [V20.S4]
	VLD1R.P 4(R2), [V21.S4]
	VLD1R.P 4(R2), [V22.S4]
	VLD1R.P 4(R2), [V23.S4]
	VLD1R.P 4(R2), [V24.S4]
	VLD1R.P 4(R2), [V25.S4]
	VLD1R.P 4(R2), [V26.S4]

loop:
	VLD1   (R0), [V0.S4, V1.S4]
	GELU(0, 2, 3, 4, 5)
	GELU(1, 6, 7, 28, 29)
	VST1.P [V0.S4, V1.S4], 32(R0)
	SUBS   $8, R1
	BNE    loop
	RET

// Four rounded products with V20, plus the zero point in V21.
#define ROUND(v, V) \
	FMUL(20, v, v)         \
	FCVTNS(v, v)           \
	VADD   V21.S4, V.S4, V.S4

// func neonQuantise(dst *uint8, x *float32, n int) (scale float32, zero int32)
TEXT ·neonQuantise(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R2
	MOVD $·normConstants(SB), R5
	MOVD R1, R3
	MOVD R2, R4
	ZERO4

range:
	VLD1.P 64(R3), [V4.S4, V5.S4, V6.S4, V7.S4]
	FMIN(4, 0, 0)
	FMAX(4, 1, 1)
	FMIN(5, 2, 2)
	FMAX(5, 3, 3)
	FMIN(6, 0, 0)
	FMAX(6, 1, 1)
	FMIN(7, 2, 2)
	FMAX(7, 3, 3)
	SUBS   $16, R4
	BNE    range

	FMIN(2, 0, 0)
	FMAX(3, 1, 1)
	FMINV(0, 0)
	FMAXV(1, 1)
	FSUBS F0, F1, F1          // high - low
	FCMPS $(0.0), F1
	BEQ   flat
	FMOVS 12(R5), F2
	FDIVS F1, F2, F4          // 255 / range
	FDIVS F2, F1, F1          // range / 255
	FMOVS F1, scale+24(FP)
	VEOR  V3.B16, V3.B16, V3.B16
	FSUBS F0, F3, F0
	FMULS F4, F0, F0
	FCVTNS(0, 0)
	FMOVS F0, zero+28(FP)
	VDUP  V4.S[0], V20.S4
	VDUP  V0.S[0], V21.S4

pack:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	ROUND(0, V0)
	ROUND(1, V1)
	ROUND(2, V2)
	ROUND(3, V3)
	SQXTN(0, 0)
	SQXTN2(1, 0)
	SQXTN(2, 2)
	SQXTN2(3, 2)
	SQXTUN(0, 0)
	SQXTUN2(2, 0)
	VST1.P [V0.B16], 16(R0)
	SUBS   $16, R2
	BNE    pack
	RET

flat:
	MOVW ZR, scale+24(FP)
	MOVW ZR, zero+28(FP)
	VEOR V0.B16, V0.B16, V0.B16

zeros:
	VST1.P [V0.B16], 16(R0)
	SUBS   $16, R2
	BNE    zeros
	RET
