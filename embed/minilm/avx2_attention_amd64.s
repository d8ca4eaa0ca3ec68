#include "textflag.h"

// The attention's kernels other than the products, with AVX2.

// func avx2AbsMax(m, x *float32, n int)
TEXT ·avx2AbsMax(SB), NOSPLIT, $0-24
	MOVQ     m+0(FP), DI
	MOVQ     x+8(FP), SI
	MOVQ     n+16(FP), CX
	VPCMPEQD Y4, Y4, Y4
	VPSRLD   $1, Y4, Y4

loop:
	VANDPS  0(SI), Y4, Y0
	VANDPS  32(SI), Y4, Y1
	VMAXPS  0(DI), Y0, Y0
	VMAXPS  32(DI), Y1, Y1
	VMOVUPS Y0, 0(DI)
	VMOVUPS Y1, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, CX
	JNZ     loop
	VZEROUPPER
	RET

// func avx2Quantise16(dst *int16, x, factors *float32, n int)
TEXT ·avx2Quantise16(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ factors+16(FP), DX
	MOVQ n+24(FP), CX

loop:
	VMOVUPS   0(SI), Y0
	VMOVUPS   32(SI), Y1
	VMULPS    0(DX), Y0, Y0
	VMULPS    32(DX), Y1, Y1
	VCVTPS2DQ Y0, Y0
	VCVTPS2DQ Y1, Y1
	VPACKSSDW Y1, Y0, Y0
	VPERMQ    $0xD8, Y0, Y0
	VMOVDQU   Y0, (DI)
	ADDQ      $64, SI
	ADDQ      $64, DX
	ADDQ      $32, DI
	SUBQ      $16, CX
	JNZ       loop
	VZEROUPPER
	RET

// Eight weights of the scores at (SI): the integer in w, the constants in Y4 to
// Y11, the top score in Y12, the sum in Y13.
#define WEIGHT(at, w) \
	VMOVDQU   at(SI), Y0   \
	VPSUBD    Y12, Y0, Y0  \
	VCVTDQ2PS Y0, Y0       \
	VMULPS    Y11, Y0, Y0  \
	VMAXPS    Y10, Y0, Y0  \
	VROUNDPS  $0, Y0, Y1   \
	VSUBPS    Y1, Y0, Y0   \
	VCVTPS2DQ Y1, Y1       \
	VPSLLD    $23, Y1, Y1  \
	VMULPS    Y0, Y4, w    \
	VADDPS    Y5, w, w     \
	VMULPS    Y0, w, w     \
	VADDPS    Y6, w, w     \
	VMULPS    Y0, w, w     \
	VADDPS    Y7, w, w     \
	VMULPS    Y0, w, w     \
	VADDPS    Y8, w, w     \
	VPADDD    Y1, w, w     \
	VCVTPS2DQ w, w         \
	VPADDD    w, Y13, Y13

// func avx2Softmax(weights *int16, scores *int32, n int, factor float32) (sum int32)
TEXT ·avx2Softmax(SB), NOSPLIT, $0-36
	MOVQ         weights+0(FP), DI
	MOVQ         scores+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS factor+24(FP), Y11
	VMOVDQU      (SI), Y0
	VMOVDQU      32(SI), Y1
	MOVQ         SI, AX
	MOVQ         CX, DX

top:
	VPMAXSD 0(AX), Y0, Y0
	VPMAXSD 32(AX), Y1, Y1
	ADDQ    $64, AX
	SUBQ    $16, DX
	JNZ     top

	VPMAXSD      Y1, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPMAXSD      X1, X0, X0
	VPSHUFD      $0x4E, X0, X1
	VPMAXSD      X1, X0, X0
	VPSHUFD      $0xB1, X0, X1
	VPMAXSD      X1, X0, X0
	VPBROADCASTD X0, Y12
	VPXOR        Y13, Y13, Y13
	VBROADCASTSS ·powerConstants+0(SB), Y4
	VBROADCASTSS ·powerConstants+4(SB), Y5
	VBROADCASTSS ·powerConstants+8(SB), Y6
	VBROADCASTSS ·powerConstants+12(SB), Y7
	VBROADCASTSS ·powerConstants+16(SB), Y8
	VBROADCASTSS ·powerConstants+20(SB), Y10

loop:
	WEIGHT(0, Y2)
	WEIGHT(32, Y3)
	VPACKSSDW Y3, Y2, Y2
	VPERMQ    $0xD8, Y2, Y2
	VMOVDQU   Y2, (DI)
	ADDQ      $64, SI
	ADDQ      $32, DI
	SUBQ      $16, CX
	JNZ       loop

	VEXTRACTI128 $1, Y13, X0
	VPADDD       X0, X13, X0
	VPSHUFD      $0x4E, X0, X1
	VPADDD       X1, X0, X0
	VPSHUFD      $0xB1, X0, X1
	VPADDD       X1, X0, X0
	VMOVD        X0, AX
	MOVL         AX, sum+32(FP)
	VZEROUPPER
	RET

// func avx2Scale(dst *float32, x *int32, n int, factor float32)
TEXT ·avx2Scale(SB), NOSPLIT, $0-28
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS factor+24(FP), Y2

loop:
	VCVTDQ2PS 0(SI), Y0
	VCVTDQ2PS 32(SI), Y1
	VMULPS    Y2, Y0, Y0
	VMULPS    Y2, Y1, Y1
	VMOVUPS   Y0, 0(DI)
	VMOVUPS   Y1, 32(DI)
	ADDQ      $64, SI
	ADDQ      $64, DI
	SUBQ      $16, CX
	JNZ       loop
	VZEROUPPER
	RET

// Transposes the eight by eight words at `at` in eight rows of keys to rows of
// (DI), which moves on.
#define TRANSPOSE(at) \
	VMOVDQU     at(AX), Y0         \
	VMOVDQU     at(AX)(R8*1), Y1   \
	VMOVDQU     at(AX)(R8*2), Y2   \
	VMOVDQU     at(AX)(R10*1), Y3  \
	VMOVDQU     at(R11), Y4        \
	VMOVDQU     at(R11)(R8*1), Y5  \
	VMOVDQU     at(R11)(R8*2), Y6  \
	VMOVDQU     at(R11)(R10*1), Y7 \
	VPUNPCKLDQ  Y1, Y0, Y8         \
	VPUNPCKHDQ  Y1, Y0, Y9         \
	VPUNPCKLDQ  Y3, Y2, Y10        \
	VPUNPCKHDQ  Y3, Y2, Y11        \
	VPUNPCKLDQ  Y5, Y4, Y12        \
	VPUNPCKHDQ  Y5, Y4, Y13        \
	VPUNPCKLDQ  Y7, Y6, Y14        \
	VPUNPCKHDQ  Y7, Y6, Y15        \
	VPUNPCKLQDQ Y10, Y8, Y0        \
	VPUNPCKHQDQ Y10, Y8, Y1        \
	VPUNPCKLQDQ Y11, Y9, Y2        \
	VPUNPCKHQDQ Y11, Y9, Y3        \
	VPUNPCKLQDQ Y14, Y12, Y4       \
	VPUNPCKHQDQ Y14, Y12, Y5       \
	VPUNPCKLQDQ Y15, Y13, Y6       \
	VPUNPCKHQDQ Y15, Y13, Y7       \
	HALVES($0x20, Y0, Y4)          \
	HALVES($0x20, Y1, Y5)          \
	HALVES($0x20, Y2, Y6)          \
	HALVES($0x20, Y3, Y7)          \
	HALVES($0x31, Y0, Y4)          \
	HALVES($0x31, Y1, Y5)          \
	HALVES($0x31, Y2, Y6)          \
	HALVES($0x31, Y3, Y7)

#define HALVES(which, low, high) \
	VPERM2I128 which, high, low, Y8 \
	VMOVDQU    Y8, (DI)             \
	ADDQ       DX, DI

// func avx2PackKeys(dst, rows *int16, stride, columns int)
TEXT ·avx2PackKeys(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), BX
	MOVQ rows+8(FP), AX
	MOVQ stride+16(FP), R8
	MOVQ columns+24(FP), CX
	LEAQ (R8)(R8*2), R10
	MOVQ CX, DX
	SHLQ $2, DX

loop:
	MOVQ BX, DI
	LEAQ (AX)(R8*4), R11
	TRANSPOSE(0)
	TRANSPOSE(32)
	LEAQ (AX)(R8*8), AX
	ADDQ $32, BX
	SUBQ $8, CX
	JNZ  loop
	VZEROUPPER
	RET

// func avx2PackValues(dst, rows *int16, stride, columns int)
TEXT ·avx2PackValues(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ rows+8(FP), AX
	MOVQ stride+16(FP), R8
	MOVQ columns+24(FP), CX

loop:
	VMOVDQU    0(AX), Y0
	VMOVDQU    0(AX)(R8*1), Y1
	VMOVDQU    32(AX), Y2
	VMOVDQU    32(AX)(R8*1), Y3
	VPUNPCKLWD Y1, Y0, Y4
	VPUNPCKHWD Y1, Y0, Y5
	VPUNPCKLWD Y3, Y2, Y6
	VPUNPCKHWD Y3, Y2, Y7
	VPERM2I128 $0x20, Y5, Y4, Y0
	VPERM2I128 $0x31, Y5, Y4, Y1
	VPERM2I128 $0x20, Y7, Y6, Y2
	VPERM2I128 $0x31, Y7, Y6, Y3
	VMOVDQU    Y0, 0(DI)
	VMOVDQU    Y1, 32(DI)
	VMOVDQU    Y2, 64(DI)
	VMOVDQU    Y3, 96(DI)
	LEAQ       (AX)(R8*2), AX
	ADDQ       $128, DI
	SUBQ       $2, CX
	JNZ        loop
	VZEROUPPER
	RET
