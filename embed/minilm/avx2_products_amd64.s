#include "textflag.h"

// Products with AVX2: bytes are widened to words, as VPMADDUBSW would saturate;
// VPMADDWD multiplies pairs of words and adds them to int32.

// One row by eight columns: the group of four activations, as words, times the
// weights of four columns in Y12 and of four more in Y13. Each column has two
// sums, for inputs 0, 1 and 2, 3 of the groups.
#define ROW(src, c0, c1) \
	VPBROADCASTQ src, Y14      \
	VPMADDWD     Y12, Y14, Y15 \
	VPADDD       Y15, c0, c0   \
	VPMADDWD     Y13, Y14, Y14 \
	VPADDD       Y14, c1, c1

#define WEIGHTS(g) \
	VPMOVSXBW (192*g)(BX), Y12 \
	VPMOVSXBW (192*g+16)(BX), Y13

// One row's sums become floats: halves together, zero points out, scale, bias.
#define FINISH(row, c0, c1) \
	VPHADDD      c1, c0, c0         \
	VPERMQ       $0xD8, c0, c0      \
	VPBROADCASTD (4*row)(R9), Y14   \
	VPMULLD      (R12), Y14, Y14    \
	VPSUBD       Y14, c0, c0        \
	VCVTDQ2PS    c0, c0             \
	VBROADCASTSS (4*row)(DX), Y15   \
	VMULPS       192(R12), Y15, Y15 \
	VMULPS       Y15, c0, c0        \
	VADDPS       384(R12), c0, c0   \
	VMOVUPS      c0, (DI)           \
	ADDQ         SI, DI

#define ARGUMENTS \
	MOVQ out+0(FP), DI     \
	MOVQ ldo+8(FP), SI     \
	MOVQ a+16(FP), AX      \
	MOVQ lda+24(FP), R8    \
	MOVQ panel+32(FP), BX  \
	MOVQ groups+40(FP), CX \
	MOVQ end+48(FP), R12   \
	MOVQ scales+56(FP), DX \
	MOVQ zeros+64(FP), R9

#define ZERO2(c0, c1) \
	VPXOR c0, c0, c0 \
	VPXOR c1, c1, c1

#define STEP6(g) \
	WEIGHTS(g)                      \
	ROW((8*g)(AX), Y0, Y1)          \
	ROW((8*g)(AX)(R8*1), Y2, Y3)    \
	ROW((8*g)(AX)(R8*2), Y4, Y5)    \
	ROW((8*g)(R11), Y6, Y7)         \
	ROW((8*g)(R11)(R8*1), Y8, Y9)   \
	ROW((8*g)(R11)(R8*2), Y10, Y11)

// The eight columns take half a line in every third line of a panel, a pattern that the processor does
// not foresee well: the same columns of the next panel are fetched ahead. After
// the last panel this reaches past the matrix, where a prefetch does no harm.
//
// func avx2Tile6(out *float32, ldo int, a *int16, lda int, panel *byte, groups int, end *byte, scales *float32, zeros *int32)
TEXT ·avx2Tile6(SB), NOSPLIT, $0-72
	ARGUMENTS
	LEAQ (R8)(R8*2), R11
	ADDQ AX, R11
	LEAQ 576(R12), R13
	ZERO2(Y0, Y1)
	ZERO2(Y2, Y3)
	ZERO2(Y4, Y5)
	ZERO2(Y6, Y7)
	ZERO2(Y8, Y9)
	ZERO2(Y10, Y11)

loop:
	STEP6(0)
	STEP6(1)
	PREFETCHT1 (R13)
	PREFETCHT1 192(R13)
	ADDQ $384, R13
	ADDQ $16, AX
	ADDQ $16, R11
	ADDQ $384, BX
	SUBQ $2, CX
	JNZ  loop

	FINISH(0, Y0, Y1)
	FINISH(1, Y2, Y3)
	FINISH(2, Y4, Y5)
	FINISH(3, Y6, Y7)
	FINISH(4, Y8, Y9)
	FINISH(5, Y10, Y11)
	VZEROUPPER
	RET

#define STEP4(g) \
	WEIGHTS(g)                   \
	ROW((8*g)(AX), Y0, Y1)       \
	ROW((8*g)(AX)(R8*1), Y2, Y3) \
	ROW((8*g)(AX)(R8*2), Y4, Y5) \
	ROW((8*g)(AX)(R10*1), Y6, Y7)

// func avx2Tile4(out *float32, ldo int, a *int16, lda int, panel *byte, groups int, end *byte, scales *float32, zeros *int32)
TEXT ·avx2Tile4(SB), NOSPLIT, $0-72
	ARGUMENTS
	LEAQ (R8)(R8*2), R10
	ZERO2(Y0, Y1)
	ZERO2(Y2, Y3)
	ZERO2(Y4, Y5)
	ZERO2(Y6, Y7)

loop:
	STEP4(0)
	STEP4(1)
	ADDQ $16, AX
	ADDQ $384, BX
	SUBQ $2, CX
	JNZ  loop

	FINISH(0, Y0, Y1)
	FINISH(1, Y2, Y3)
	FINISH(2, Y4, Y5)
	FINISH(3, Y6, Y7)
	VZEROUPPER
	RET

// func avx2Tile1(out *float32, ldo int, a *int16, lda int, panel *byte, groups int, end *byte, scales *float32, zeros *int32)
TEXT ·avx2Tile1(SB), NOSPLIT, $0-72
	ARGUMENTS
	ZERO2(Y0, Y1)

loop:
	WEIGHTS(0)
	ROW((AX), Y0, Y1)
	ADDQ $8, AX
	ADDQ $192, BX
	DECQ CX
	JNZ  loop

	FINISH(0, Y0, Y1)
	VZEROUPPER
	RET

// func avx2Widen(dst *int16, src *uint8, n int)
TEXT ·avx2Widen(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX

loop:
	VPMOVZXBW (SI), Y0
	VMOVDQU   Y0, (DI)
	ADDQ      $16, SI
	ADDQ      $32, DI
	SUBQ      $16, CX
	JNZ       loop
	VZEROUPPER
	RET

#define PAIR(src, c0, c1) \
	VPBROADCASTD src, Y10     \
	VPMADDWD     Y8, Y10, Y11 \
	VPMADDWD     Y9, Y10, Y12 \
	VPADDD       Y11, c0, c0  \
	VPADDD       Y12, c1, c1

#define STORE2(c0, c1) \
	VMOVDQU c0, 0(DI)  \
	VMOVDQU c1, 32(DI) \
	ADDQ    SI, DI

// Four rows by 16 columns of pairs.
//
// func avx2Pairs(out *int32, ldo int, a *int16, lda int, b *int16, ldb int, pairs int)
TEXT ·avx2Pairs(SB), NOSPLIT, $0-56
	MOVQ out+0(FP), DI
	MOVQ ldo+8(FP), SI
	MOVQ a+16(FP), AX
	MOVQ lda+24(FP), R8
	MOVQ b+32(FP), BX
	MOVQ ldb+40(FP), DX
	MOVQ pairs+48(FP), CX
	LEAQ (R8)(R8*2), R10
	ZERO2(Y0, Y1)
	ZERO2(Y2, Y3)
	ZERO2(Y4, Y5)
	ZERO2(Y6, Y7)

loop:
	VMOVDQU 0(BX), Y8
	VMOVDQU 32(BX), Y9
	PAIR((AX), Y0, Y1)
	PAIR((AX)(R8*1), Y2, Y3)
	PAIR((AX)(R8*2), Y4, Y5)
	PAIR((AX)(R10*1), Y6, Y7)
	ADDQ    $4, AX
	ADDQ    DX, BX
	DECQ    CX
	JNZ     loop

	STORE2(Y0, Y1)
	STORE2(Y2, Y3)
	STORE2(Y4, Y5)
	STORE2(Y6, Y7)
	VZEROUPPER
	RET
