#include "textflag.h"
#include "neon_arm64.h"

// The attention's kernels other than the products, with NEON.

// func neonAbsMax(m, x *float32, n int)
TEXT ·neonAbsMax(SB), NOSPLIT, $0-24
	MOVD m+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R2

loop:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1   (R0), [V4.S4, V5.S4, V6.S4, V7.S4]
	FABS(0, 0)
	FABS(1, 1)
	FABS(2, 2)
	FABS(3, 3)
	FMAX(4, 0, 0)
	FMAX(5, 1, 1)
	FMAX(6, 2, 2)
	FMAX(7, 3, 3)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	SUBS   $16, R2
	BNE    loop
	RET

// func neonQuantise16(dst *int16, x, factors *float32, n int)
TEXT ·neonQuantise16(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD factors+16(FP), R2
	MOVD n+24(FP), R3

loop:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R2), [V4.S4, V5.S4, V6.S4, V7.S4]
	FMUL(4, 0, 0)
	FMUL(5, 1, 1)
	FMUL(6, 2, 2)
	FMUL(7, 3, 3)
	FCVTNS(0, 0)
	FCVTNS(1, 1)
	FCVTNS(2, 2)
	FCVTNS(3, 3)
	SQXTN(0, 0)
	SQXTN2(1, 0)
	SQXTN(2, 1)
	SQXTN2(3, 1)
	VST1.P [V0.H8, V1.H8], 32(R0)
	SUBS   $16, R3
	BNE    loop
	RET

// Four weights of the scores in s, in w; the constants in V16 to V21, the
// factor in V22, the top score in V23, the sum in V24.
#define WEIGHT(s, S, w, W) \
	VSUB V23.S4, S.S4, S.S4  \
	SCVTF(s, s)             \
	FMUL(22, s, s)          \
	FMAX(21, s, s)          \
	FRINTN(s, w)            \
	FSUB(w, s, s)           \
	FCVTNS(w, 30)           \
	VSHL $23, V30.S4, V30.S4 \
	FMUL(16, s, w)          \
	FADD(17, w, w)          \
	FMUL(s, w, w)           \
	FADD(18, w, w)          \
	FMUL(s, w, w)           \
	FADD(19, w, w)          \
	FMUL(s, w, w)           \
	FADD(20, w, w)          \
	VADD V30.S4, W.S4, W.S4  \
	FCVTNS(w, w)            \
	VADD W.S4, V24.S4, V24.S4

// func neonSoftmax(weights *int16, scores *int32, n int, factor float32) (sum int32)
TEXT ·neonSoftmax(SB), NOSPLIT, $0-36
	MOVD    weights+0(FP), R0
	MOVD    scores+8(FP), R1
	MOVD    n+16(FP), R2
	MOVD    $factor+24(FP), R3
	VLD1R   (R3), [V22.S4]
	MOVD    $·powerConstants(SB), R3
	VLD1R.P 4(R3), [V16.S4]
	VLD1R.P 4(R3), [V17.S4]
	VLD1R.P 4(R3), [V18.S4]
	VLD1R.P 4(R3), [V19.S4]
	VLD1R.P 4(R3), [V20.S4]
	VLD1R.P 4(R3), [V21.S4]
	MOVD    R1, R4
	MOVD    R2, R5
	VLD1    (R1), [V23.S4]

top:
	VLD1.P 64(R4), [V0.S4, V1.S4, V2.S4, V3.S4]
	SMAX(1, 0, 0)
	SMAX(3, 2, 2)
	SMAX(0, 23, 23)
	SMAX(2, 23, 23)
	SUBS   $16, R5
	BNE    top

	SMAXV(23, 23)
	VDUP V23.S[0], V23.S4
	VEOR V24.B16, V24.B16, V24.B16

loop:
	VLD1.P 32(R1), [V0.S4, V1.S4]
	WEIGHT(0, V0, 2, V2)
	WEIGHT(1, V1, 3, V3)
	SQXTN(2, 2)
	SQXTN2(3, 2)
	VST1.P [V2.H8], 16(R0)
	SUBS   $8, R2
	BNE    loop

	VADDV V24.S4, V24
	FMOVS F24, sum+32(FP)
	RET

// func neonScale(dst *float32, x *int32, n int, factor float32)
TEXT ·neonScale(SB), NOSPLIT, $0-28
	MOVD  dst+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  n+16(FP), R2
	MOVD  $factor+24(FP), R3
	VLD1R (R3), [V4.S4]

loop:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	SCVTF(0, 0)
	SCVTF(1, 1)
	SCVTF(2, 2)
	SCVTF(3, 3)
	FMUL(4, 0, 0)
	FMUL(4, 1, 1)
	FMUL(4, 2, 2)
	FMUL(4, 3, 3)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	SUBS   $16, R2
	BNE    loop
	RET

// Four words of four keys, at R6 to R9 which move on, become four rows of the
// columns at R5, which moves on by R4 a row.
#define TRANSPOSE \
	VLD1.P 16(R6), [V0.S4]       \
	VLD1.P 16(R7), [V1.S4]       \
	VLD1.P 16(R8), [V2.S4]       \
	VLD1.P 16(R9), [V3.S4]       \
	VTRN1  V1.S4, V0.S4, V4.S4   \
	VTRN2  V1.S4, V0.S4, V5.S4   \
	VTRN1  V3.S4, V2.S4, V6.S4   \
	VTRN2  V3.S4, V2.S4, V7.S4   \
	VTRN1  V6.D2, V4.D2, V16.D2  \
	VTRN1  V7.D2, V5.D2, V17.D2  \
	VTRN2  V6.D2, V4.D2, V18.D2  \
	VTRN2  V7.D2, V5.D2, V19.D2  \
	VST1   [V16.S4], (R5)        \
	ADD    R4, R5                \
	VST1   [V17.S4], (R5)        \
	ADD    R4, R5                \
	VST1   [V18.S4], (R5)        \
	ADD    R4, R5                \
	VST1   [V19.S4], (R5)        \
	ADD    R4, R5

// func neonPackKeys(dst, rows *int16, stride, columns int)
TEXT ·neonPackKeys(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD rows+8(FP), R1
	MOVD stride+16(FP), R2
	MOVD columns+24(FP), R3
	LSL  $2, R3, R4

loop:
	MOVD R0, R5
	MOVD R1, R6
	ADD  R2, R6, R7
	ADD  R2, R7, R8
	ADD  R2, R8, R9
	ADD  R2, R9, R1
	TRANSPOSE
	TRANSPOSE
	TRANSPOSE
	TRANSPOSE
	ADD  $16, R0
	SUBS $4, R3
	BNE  loop
	RET

// func neonPackValues(dst, rows *int16, stride, columns int)
TEXT ·neonPackValues(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD rows+8(FP), R1
	MOVD stride+16(FP), R2
	MOVD columns+24(FP), R3

loop:
	ADD    R2, R1, R4
	VLD1   (R1), [V0.H8, V1.H8, V2.H8, V3.H8]
	VLD1   (R4), [V4.H8, V5.H8, V6.H8, V7.H8]
	ADD    R2, R4, R1
	VZIP1  V4.H8, V0.H8, V16.H8
	VZIP2  V4.H8, V0.H8, V17.H8
	VZIP1  V5.H8, V1.H8, V18.H8
	VZIP2  V5.H8, V1.H8, V19.H8
	VZIP1  V6.H8, V2.H8, V20.H8
	VZIP2  V6.H8, V2.H8, V21.H8
	VZIP1  V7.H8, V3.H8, V22.H8
	VZIP2  V7.H8, V3.H8, V23.H8
	VST1.P [V16.H8, V17.H8, V18.H8, V19.H8], 64(R0)
	VST1.P [V20.H8, V21.H8, V22.H8, V23.H8], 64(R0)
	SUBS   $2, R3
	BNE    loop
	RET
