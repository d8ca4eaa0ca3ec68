#include "textflag.h"

// Products with AVX-512 VNNI: VPDPBUSD multiplies unsigned with signed bytes in
// groups of four, VPDPWSSD signed words in pairs, and both add to int32.

// Three accumulators of one row and the panel's 48 columns: the broadcast group
// of activations at src times the weights in Z24, Z25, Z26.
#define ROW(src, c0, c1, c2) \
	VPBROADCASTD src, Z27     \
	VPDPBUSD     Z24, Z27, c0 \
	VPDPBUSD     Z25, Z27, c1 \
	VPDPBUSD     Z26, Z27, c2

#define WEIGHTS(at) \
	VMOVDQU32 (at+0)(BX), Z24  \
	VMOVDQU32 (at+64)(BX), Z25 \
	VMOVDQU32 (at+128)(BX), Z26

// One row's sums become floats: zero points out, scale, bias; to (DI).
#define FINISH(row, c0, c1, c2) \
	VPBROADCASTD (4*row)(R9), Z27  \
	VBROADCASTSS (4*row)(DX), Z28  \
	VPMULLD      Z24, Z27, Z29     \
	VPMULLD      Z25, Z27, Z30     \
	VPMULLD      Z26, Z27, Z31     \
	VPSUBD       Z29, c0, c0       \
	VPSUBD       Z30, c1, c1       \
	VPSUBD       Z31, c2, c2       \
	VCVTDQ2PS    c0, c0            \
	VCVTDQ2PS    c1, c1            \
	VCVTDQ2PS    c2, c2            \
	VMULPS       192(BX), Z28, Z29 \
	VMULPS       256(BX), Z28, Z30 \
	VMULPS       320(BX), Z28, Z31 \
	VMULPS       Z29, c0, c0       \
	VMULPS       Z30, c1, c1       \
	VMULPS       Z31, c2, c2       \
	VADDPS       384(BX), c0, c0   \
	VADDPS       448(BX), c1, c1   \
	VADDPS       512(BX), c2, c2   \
	VMOVUPS      c0, 0(DI)         \
	VMOVUPS      c1, 64(DI)        \
	VMOVUPS      c2, 128(DI)       \
	ADDQ         SI, DI

#define ZERO3(c0, c1, c2) \
	VPXORD c0, c0, c0 \
	VPXORD c1, c1, c1 \
	VPXORD c2, c2, c2

#define ARGUMENTS \
	MOVQ out+0(FP), DI     \
	MOVQ ldo+8(FP), SI     \
	MOVQ a+16(FP), AX      \
	MOVQ lda+24(FP), R8    \
	MOVQ panel+32(FP), BX  \
	MOVQ groups+40(FP), CX \
	MOVQ scales+48(FP), DX \
	MOVQ zeros+56(FP), R9

#define STEP8(g) \
	WEIGHTS(192*g)                          \
	ROW((4*g)(AX), Z0, Z1, Z2)              \
	ROW((4*g)(AX)(R8*1), Z3, Z4, Z5)        \
	ROW((4*g)(AX)(R8*2), Z6, Z7, Z8)        \
	ROW((4*g)(AX)(R10*1), Z9, Z10, Z11)     \
	ROW((4*g)(R11), Z12, Z13, Z14)          \
	ROW((4*g)(R11)(R8*1), Z15, Z16, Z17)    \
	ROW((4*g)(R11)(R8*2), Z18, Z19, Z20)    \
	ROW((4*g)(R11)(R10*1), Z21, Z22, Z23)

// func vnniTile8(out *float32, ldo int, a *uint8, lda int, panel *byte, groups int, scales *float32, zeros *int32)
TEXT ·vnniTile8(SB), NOSPLIT, $0-64
	ARGUMENTS
	LEAQ (R8)(R8*2), R10
	LEAQ (AX)(R8*4), R11
	ZERO3(Z0, Z1, Z2)
	ZERO3(Z3, Z4, Z5)
	ZERO3(Z6, Z7, Z8)
	ZERO3(Z9, Z10, Z11)
	ZERO3(Z12, Z13, Z14)
	ZERO3(Z15, Z16, Z17)
	ZERO3(Z18, Z19, Z20)
	ZERO3(Z21, Z22, Z23)

loop:
	STEP8(0)
	STEP8(1)
	ADDQ $8, AX
	ADDQ $8, R11
	ADDQ $384, BX
	SUBQ $2, CX
	JNZ  loop

	WEIGHTS(0)
	FINISH(0, Z0, Z1, Z2)
	FINISH(1, Z3, Z4, Z5)
	FINISH(2, Z6, Z7, Z8)
	FINISH(3, Z9, Z10, Z11)
	FINISH(4, Z12, Z13, Z14)
	FINISH(5, Z15, Z16, Z17)
	FINISH(6, Z18, Z19, Z20)
	FINISH(7, Z21, Z22, Z23)
	VZEROUPPER
	RET

#define STEP4(g) \
	WEIGHTS(192*g)                   \
	ROW((4*g)(AX), Z0, Z1, Z2)       \
	ROW((4*g)(AX)(R8*1), Z3, Z4, Z5) \
	ROW((4*g)(AX)(R8*2), Z6, Z7, Z8) \
	ROW((4*g)(AX)(R10*1), Z9, Z10, Z11)

// func vnniTile4(out *float32, ldo int, a *uint8, lda int, panel *byte, groups int, scales *float32, zeros *int32)
TEXT ·vnniTile4(SB), NOSPLIT, $0-64
	ARGUMENTS
	LEAQ (R8)(R8*2), R10
	ZERO3(Z0, Z1, Z2)
	ZERO3(Z3, Z4, Z5)
	ZERO3(Z6, Z7, Z8)
	ZERO3(Z9, Z10, Z11)

loop:
	STEP4(0)
	STEP4(1)
	ADDQ $8, AX
	ADDQ $384, BX
	SUBQ $2, CX
	JNZ  loop

	WEIGHTS(0)
	FINISH(0, Z0, Z1, Z2)
	FINISH(1, Z3, Z4, Z5)
	FINISH(2, Z6, Z7, Z8)
	FINISH(3, Z9, Z10, Z11)
	VZEROUPPER
	RET

// One row; two sets of accumulators, as the latency would be felt with one.
//
// func vnniTile1(out *float32, ldo int, a *uint8, lda int, panel *byte, groups int, scales *float32, zeros *int32)
TEXT ·vnniTile1(SB), NOSPLIT, $0-64
	ARGUMENTS
	ZERO3(Z0, Z1, Z2)
	ZERO3(Z3, Z4, Z5)

loop:
	WEIGHTS(0)
	ROW(0(AX), Z0, Z1, Z2)
	WEIGHTS(192)
	ROW(4(AX), Z3, Z4, Z5)
	ADDQ $8, AX
	ADDQ $384, BX
	SUBQ $2, CX
	JNZ  loop

	VPADDD Z3, Z0, Z0
	VPADDD Z4, Z1, Z1
	VPADDD Z5, Z2, Z2
	WEIGHTS(0)
	FINISH(0, Z0, Z1, Z2)
	VZEROUPPER
	RET

#define PAIR(src, c0, c1) \
	VPBROADCASTD src, Z18     \
	VPDPWSSD     Z16, Z18, c0 \
	VPDPWSSD     Z17, Z18, c1

#define ZERO2(c0, c1) \
	VPXORD c0, c0, c0 \
	VPXORD c1, c1, c1

#define STORE2(c0, c1) \
	VMOVDQU32 c0, 0(DI)  \
	VMOVDQU32 c1, 64(DI) \
	ADDQ      SI, DI

// Eight rows by 32 columns of pairs.
//
// func vnniPairs(out *int32, ldo int, a *int16, lda int, b *int16, ldb int, pairs int)
TEXT ·vnniPairs(SB), NOSPLIT, $0-56
	MOVQ out+0(FP), DI
	MOVQ ldo+8(FP), SI
	MOVQ a+16(FP), AX
	MOVQ lda+24(FP), R8
	MOVQ b+32(FP), BX
	MOVQ ldb+40(FP), DX
	MOVQ pairs+48(FP), CX
	LEAQ (R8)(R8*2), R10
	LEAQ (AX)(R8*4), R11
	ZERO2(Z0, Z1)
	ZERO2(Z2, Z3)
	ZERO2(Z4, Z5)
	ZERO2(Z6, Z7)
	ZERO2(Z8, Z9)
	ZERO2(Z10, Z11)
	ZERO2(Z12, Z13)
	ZERO2(Z14, Z15)

loop:
	VMOVDQU32 0(BX), Z16
	VMOVDQU32 64(BX), Z17
	PAIR((AX), Z0, Z1)
	PAIR((AX)(R8*1), Z2, Z3)
	PAIR((AX)(R8*2), Z4, Z5)
	PAIR((AX)(R10*1), Z6, Z7)
	PAIR((R11), Z8, Z9)
	PAIR((R11)(R8*1), Z10, Z11)
	PAIR((R11)(R8*2), Z12, Z13)
	PAIR((R11)(R10*1), Z14, Z15)
	ADDQ      $4, AX
	ADDQ      $4, R11
	ADDQ      DX, BX
	DECQ      CX
	JNZ       loop

	STORE2(Z0, Z1)
	STORE2(Z2, Z3)
	STORE2(Z4, Z5)
	STORE2(Z6, Z7)
	STORE2(Z8, Z9)
	STORE2(Z10, Z11)
	STORE2(Z12, Z13)
	STORE2(Z14, Z15)
	VZEROUPPER
	RET
