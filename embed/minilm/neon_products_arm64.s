#include "textflag.h"
#include "neon_arm64.h"

// Products with NEON: SDOT multiplies signed bytes in groups of four and adds
// to int32; without it, bytes are widened to words for SMLAL.
//
// Activations are unsigned. Their upper bits are flipped, which makes them
// signed and smaller by 128, and 128 less is taken for the zero point: the sums
// are the same.

#define ZERO4(a, b, c, d) \
	VEOR a.B16, a.B16, a.B16 \
	VEOR b.B16, b.B16, b.B16 \
	VEOR c.B16, c.B16, c.B16 \
	VEOR d.B16, d.B16, d.B16

#define ARGUMENTS \
	MOVD out+0(FP), R0     \
	MOVD ldo+8(FP), R1     \
	MOVD a+16(FP), R2      \
	MOVD lda+24(FP), R3    \
	MOVD panel+32(FP), R4  \
	MOVD in+40(FP), R5     \
	MOVD end+48(FP), R6    \
	MOVD scales+56(FP), R7 \
	MOVD zeros+64(FP), R8

// The ends of 16 columns: sums in V4 to V7, scales in V8 to V11, biases in V12
// to V15.
#define ENDS \
	VLD1 (R6), [V4.S4, V5.S4, V6.S4, V7.S4]     \
	ADD  $192, R6                               \
	VLD1 (R6), [V8.S4, V9.S4, V10.S4, V11.S4]   \
	ADD  $192, R6                               \
	VLD1 (R6), [V12.S4, V13.S4, V14.S4, V15.S4]

// The zero point, less the shift of the activations, in V0 and the scale in V1
// of the next row.
#define ROWENDS(shift) \
	MOVW.P  4(R8), R9        \
	SUB     $shift, R9       \
	VDUP    R9, V0.S4        \
	VLD1R.P 4(R7), [V1.S4]

// Sums in c become floats: the zero point out, scale, bias. V2 is used.
#define FLOATS(c, sum, scale, bias) \
	MLS(0, sum, c)    \
	SCVTF(c, c)       \
	FMUL(1, scale, 2) \
	FMUL(2, c, c)     \
	FADD(bias, c, c)

#define FINISH(c0, c1, c2, c3) \
	ROWENDS(128)          \
	FLOATS(c0, 4, 8, 12)  \
	FLOATS(c1, 5, 9, 13)  \
	FLOATS(c2, 6, 10, 14) \
	FLOATS(c3, 7, 11, 15)

#define SDOTS(a, i, c0, c1, c2, c3) \
	SDOT(a, i, 4, c0) \
	SDOT(a, i, 5, c1) \
	SDOT(a, i, 6, c2) \
	SDOT(a, i, 7, c3)

#define GROUP4(i) \
	VLD1 (R4), [V4.B16, V5.B16, V6.B16, V7.B16] \
	ADD  $192, R4                               \
	SDOTS(0, i, 16, 17, 18, 19)                 \
	SDOTS(1, i, 20, 21, 22, 23)                 \
	SDOTS(2, i, 24, 25, 26, 27)                 \
	SDOTS(3, i, 28, 29, 30, 31)

// Four rows by 16 columns.
//
// func neonDotTile4(out *float32, ldo int, a *uint8, lda int, panel *byte, in int, end *byte, scales *float32, zeros *int32)
TEXT ·neonDotTile4(SB), NOSPLIT, $0-72
	ARGUMENTS
	ADD   R3, R2, R10
	ADD   R3, R10, R11
	ADD   R3, R11, R12
	VMOVI $0x80, V8.B16
	ZERO4(V16, V17, V18, V19)
	ZERO4(V20, V21, V22, V23)
	ZERO4(V24, V25, V26, V27)
	ZERO4(V28, V29, V30, V31)

loop:
	VLD1.P 16(R2), [V0.B16]
	VLD1.P 16(R10), [V1.B16]
	VLD1.P 16(R11), [V2.B16]
	VLD1.P 16(R12), [V3.B16]
	VEOR   V8.B16, V0.B16, V0.B16
	VEOR   V8.B16, V1.B16, V1.B16
	VEOR   V8.B16, V2.B16, V2.B16
	VEOR   V8.B16, V3.B16, V3.B16
	GROUP4(0)
	GROUP4(1)
	GROUP4(2)
	GROUP4(3)
	SUBS   $16, R5
	BNE    loop

	ENDS
	FINISH(16, 17, 18, 19)
	VST1 [V16.S4, V17.S4, V18.S4, V19.S4], (R0)
	ADD  R1, R0
	FINISH(20, 21, 22, 23)
	VST1 [V20.S4, V21.S4, V22.S4, V23.S4], (R0)
	ADD  R1, R0
	FINISH(24, 25, 26, 27)
	VST1 [V24.S4, V25.S4, V26.S4, V27.S4], (R0)
	ADD  R1, R0
	FINISH(28, 29, 30, 31)
	VST1 [V28.S4, V29.S4, V30.S4, V31.S4], (R0)
	RET

#define GROUP1(i) \
	VLD1 (R4), [V4.B16, V5.B16, V6.B16, V7.B16] \
	ADD  $192, R4                               \
	SDOTS(0, i, 16, 17, 18, 19)

// One row by 16 columns.
//
// func neonDotTile1(out *float32, ldo int, a *uint8, lda int, panel *byte, in int, end *byte, scales *float32, zeros *int32)
TEXT ·neonDotTile1(SB), NOSPLIT, $0-72
	ARGUMENTS
	VMOVI $0x80, V8.B16
	ZERO4(V16, V17, V18, V19)

loop:
	VLD1.P 16(R2), [V0.B16]
	VEOR   V8.B16, V0.B16, V0.B16
	GROUP1(0)
	GROUP1(1)
	GROUP1(2)
	GROUP1(3)
	SUBS   $16, R5
	BNE    loop

	ENDS
	FINISH(16, 17, 18, 19)
	VST1 [V16.S4, V17.S4, V18.S4, V19.S4], (R0)
	RET

// The words of four columns' weights, two columns each in V4 and V5.
#define WIDE \
	VLD1 (R4), [V6.B16]   \
	ADD  $192, R4         \
	SXTL(6, 4)            \
	SXTL2(6, 5)

// One row's group of four activations, doubled in v, times four columns.
#define COLUMNS4(v, c0, c1, c2, c3) \
	SMLAL(v, 4, c0)  \
	SMLAL2(v, 4, c1) \
	SMLAL(v, 5, c2)  \
	SMLAL2(v, 5, c3)

// Each column's four sums in c0 to c3 become one lane of C0.
#define JOIN(C0, C1, C2, C3) \
	VADDP C1.S4, C0.S4, C0.S4 \
	VADDP C3.S4, C2.S4, C2.S4 \
	VADDP C2.S4, C0.S4, C0.S4

#define ENDS1 \
	VLD1 (R6), [V4.S4]   \
	ADD  $192, R6        \
	VLD1 (R6), [V8.S4]   \
	ADD  $192, R6        \
	VLD1 (R6), [V12.S4]

// Four rows by four columns, the rows as words.
//
// func neonTile4(out *float32, ldo int, a *int16, lda int, panel *byte, in int, end *byte, scales *float32, zeros *int32)
TEXT ·neonTile4(SB), NOSPLIT, $0-72
	ARGUMENTS
	ADD R3, R2, R10
	ADD R3, R10, R11
	ADD R3, R11, R12
	ZERO4(V16, V17, V18, V19)
	ZERO4(V20, V21, V22, V23)
	ZERO4(V24, V25, V26, V27)
	ZERO4(V28, V29, V30, V31)

loop:
	WIDE
	VLD1R.P 8(R2), [V0.D2]
	VLD1R.P 8(R10), [V1.D2]
	VLD1R.P 8(R11), [V2.D2]
	VLD1R.P 8(R12), [V3.D2]
	COLUMNS4(0, 16, 17, 18, 19)
	COLUMNS4(1, 20, 21, 22, 23)
	COLUMNS4(2, 24, 25, 26, 27)
	COLUMNS4(3, 28, 29, 30, 31)
	SUBS    $4, R5
	BNE     loop

	JOIN(V16, V17, V18, V19)
	JOIN(V20, V21, V22, V23)
	JOIN(V24, V25, V26, V27)
	JOIN(V28, V29, V30, V31)
	ENDS1
	ROWENDS(0)
	FLOATS(16, 4, 8, 12)
	VST1 [V16.S4], (R0)
	ADD  R1, R0
	ROWENDS(0)
	FLOATS(20, 4, 8, 12)
	VST1 [V20.S4], (R0)
	ADD  R1, R0
	ROWENDS(0)
	FLOATS(24, 4, 8, 12)
	VST1 [V24.S4], (R0)
	ADD  R1, R0
	ROWENDS(0)
	FLOATS(28, 4, 8, 12)
	VST1 [V28.S4], (R0)
	RET

// One row by four columns, the row as words.
//
// func neonTile1(out *float32, ldo int, a *int16, lda int, panel *byte, in int, end *byte, scales *float32, zeros *int32)
TEXT ·neonTile1(SB), NOSPLIT, $0-72
	ARGUMENTS
	ZERO4(V16, V17, V18, V19)

loop:
	WIDE
	VLD1R.P 8(R2), [V0.D2]
	COLUMNS4(0, 16, 17, 18, 19)
	SUBS    $4, R5
	BNE     loop

	JOIN(V16, V17, V18, V19)
	ENDS1
	ROWENDS(0)
	FLOATS(16, 4, 8, 12)
	VST1 [V16.S4], (R0)
	RET

// func neonWiden(dst *int16, src *uint8, n int)
TEXT ·neonWiden(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2

loop:
	VLD1.P  16(R1), [V0.B16]
	VUXTL   V0.B8, V1.H8
	VUXTL2  V0.B16, V2.H8
	VST1.P  [V1.H8, V2.H8], 32(R0)
	SUBS    $16, R2
	BNE     loop
	RET

// One row's i-th word times the words of 16 columns, in V4 and V6 for the first
// of a pair, in V5 and V7 for the second.
#define WORDS(a, i, lower, upper, c0, c1, c2, c3) \
	SMLALX(a, i, lower, c0)  \
	SMLALX2(a, i, lower, c1) \
	SMLALX(a, i, upper, c2)  \
	SMLALX2(a, i, upper, c3)

#define ROWS4(i, lower, upper) \
	WORDS(0, i, lower, upper, 16, 17, 18, 19) \
	WORDS(1, i, lower, upper, 20, 21, 22, 23) \
	WORDS(2, i, lower, upper, 24, 25, 26, 27) \
	WORDS(3, i, lower, upper, 28, 29, 30, 31)

#define PAIR(p) \
	ADD  $32, R4, R9            \
	VLD2 (R4), [V4.H8, V5.H8]   \
	VLD2 (R9), [V6.H8, V7.H8]   \
	ADD  R5, R4                 \
	ROWS4(2*p, 4, 6)            \
	ROWS4(2*p+1, 5, 7)

// Four rows by 16 columns of pairs, of which there is a multiple of four.
//
// func neonPairs(out *int32, ldo int, a *int16, lda int, b *int16, ldb int, pairs int)
TEXT ·neonPairs(SB), NOSPLIT, $0-56
	MOVD out+0(FP), R0
	MOVD ldo+8(FP), R1
	MOVD a+16(FP), R2
	MOVD lda+24(FP), R3
	MOVD b+32(FP), R4
	MOVD ldb+40(FP), R5
	MOVD pairs+48(FP), R6
	ADD  R3, R2, R10
	ADD  R3, R10, R11
	ADD  R3, R11, R12
	ZERO4(V16, V17, V18, V19)
	ZERO4(V20, V21, V22, V23)
	ZERO4(V24, V25, V26, V27)
	ZERO4(V28, V29, V30, V31)

loop:
	VLD1.P 16(R2), [V0.H8]
	VLD1.P 16(R10), [V1.H8]
	VLD1.P 16(R11), [V2.H8]
	VLD1.P 16(R12), [V3.H8]
	PAIR(0)
	PAIR(1)
	PAIR(2)
	PAIR(3)
	SUBS   $4, R6
	BNE    loop

	VST1 [V16.S4, V17.S4, V18.S4, V19.S4], (R0)
	ADD  R1, R0
	VST1 [V20.S4, V21.S4, V22.S4, V23.S4], (R0)
	ADD  R1, R0
	VST1 [V24.S4, V25.S4, V26.S4, V27.S4], (R0)
	ADD  R1, R0
	VST1 [V28.S4, V29.S4, V30.S4, V31.S4], (R0)
	RET
