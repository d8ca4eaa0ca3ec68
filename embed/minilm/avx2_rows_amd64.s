#include "textflag.h"

// Kernels on rows of floats, with AVX2. Products are never fused with sums, so
// that the rounding is that of the scalar kernels.

// The sum of the sixteen lanes of Y0 (0 to 7) and Y1, halves onto halves, in X0.
#define LANESUM \
	VADDPS       Y1, Y0, Y0     \
	VEXTRACTF128 $1, Y0, X1     \
	VADDPS       X1, X0, X0     \
	VMOVHLPS     X0, X0, X1     \
	VADDPS       X1, X0, X0     \
	VMOVSHDUP    X0, X1         \
	VADDSS       X1, X0, X0

// func avx2AddNorm(x, y, gain, bias *float32, n int)
TEXT ·avx2AddNorm(SB), NOSPLIT, $0-40
	MOVQ   x+0(FP), DI
	MOVQ   y+8(FP), SI
	MOVQ   gain+16(FP), R8
	MOVQ   bias+24(FP), R9
	MOVQ   n+32(FP), CX
	SHLQ   $2, CX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	XORQ   AX, AX

add:
	VMOVUPS 0(DI)(AX*1), Y2
	VMOVUPS 32(DI)(AX*1), Y3
	VADDPS  0(SI)(AX*1), Y2, Y2
	VADDPS  32(SI)(AX*1), Y3, Y3
	VMOVUPS Y2, 0(DI)(AX*1)
	VMOVUPS Y3, 32(DI)(AX*1)
	VADDPS  Y2, Y0, Y0
	VADDPS  Y3, Y1, Y1
	ADDQ    $64, AX
	CMPQ    AX, CX
	JNE     add

	LANESUM
	VMULSS       ·normConstants+0(SB), X0, X0
	VBROADCASTSS X0, Y4
	VXORPS       Y0, Y0, Y0
	VXORPS       Y1, Y1, Y1
	XORQ         AX, AX

squares:
	VMOVUPS 0(DI)(AX*1), Y2
	VMOVUPS 32(DI)(AX*1), Y3
	VSUBPS  Y4, Y2, Y2
	VSUBPS  Y4, Y3, Y3
	VMULPS  Y2, Y2, Y2
	VMULPS  Y3, Y3, Y3
	VADDPS  Y2, Y0, Y0
	VADDPS  Y3, Y1, Y1
	ADDQ    $64, AX
	CMPQ    AX, CX
	JNE     squares

	LANESUM
	VMULSS       ·normConstants+0(SB), X0, X0
	VADDSS       ·normConstants+4(SB), X0, X0
	VSQRTSS      X0, X0, X0
	VMOVSS       ·normConstants+8(SB), X1
	VDIVSS       X0, X1, X0
	VBROADCASTSS X0, Y5
	XORQ         AX, AX

scale:
	VMOVUPS (DI)(AX*1), Y2
	VSUBPS  Y4, Y2, Y2
	VMULPS  Y5, Y2, Y2
	VMULPS  (R8)(AX*1), Y2, Y2
	VADDPS  (R9)(AX*1), Y2, Y2
	VMOVUPS Y2, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JNE     scale
	VZEROUPPER
	RET

// x in Y0 is replaced by its gelu; the constants are in Y5 to Y15, one half in Y4.
#define GELU(at) \
	VMOVUPS at(DI), Y0      \
	VMAXPS  Y5, Y0, Y1      \
	VMINPS  Y6, Y1, Y1      \
	VMULPS  Y1, Y1, Y2      \
	VMULPS  Y2, Y7, Y3      \
	VADDPS  Y8, Y3, Y3      \
	VMULPS  Y2, Y3, Y3      \
	VADDPS  Y9, Y3, Y3      \
	VMULPS  Y2, Y3, Y3      \
	VADDPS  Y10, Y3, Y3     \
	VMULPS  Y1, Y3, Y3      \
	VMULPS  Y2, Y11, Y1     \
	VADDPS  Y12, Y1, Y1     \
	VMULPS  Y2, Y1, Y1      \
	VADDPS  Y13, Y1, Y1     \
	VMULPS  Y2, Y1, Y1      \
	VADDPS  Y14, Y1, Y1     \
	VDIVPS  Y1, Y3, Y3      \
	VADDPS  Y4, Y3, Y3      \
	VMULPS  Y0, Y3, Y3      \
	VMOVUPS Y3, at(DI)

// func avx2Gelu(x *float32, n int)
TEXT ·avx2Gelu(SB), NOSPLIT, $0-16
	MOVQ         x+0(FP), DI
	MOVQ         n+8(FP), CX
	VBROADCASTSS ·geluConstants+0(SB), Y5
	VBROADCASTSS ·geluConstants+4(SB), Y6
	VBROADCASTSS ·geluConstants+8(SB), Y7
	VBROADCASTSS ·geluConstants+12(SB), Y8
	VBROADCASTSS ·geluConstants+16(SB), Y9
	VBROADCASTSS ·geluConstants+20(SB), Y10
	VBROADCASTSS ·geluConstants+24(SB), Y11
	VBROADCASTSS ·geluConstants+28(SB), Y12
	VBROADCASTSS ·geluConstants+32(SB), Y13
	VBROADCASTSS ·geluConstants+36(SB), Y14
	VBROADCASTSS ·geluConstants+40(SB), Y4

loop:
	GELU(0)
	GELU(32)
	ADDQ $64, DI
	SUBQ $16, CX
	JNZ  loop
	VZEROUPPER
	RET

// The order of bytes after two rounds of packing within halves.
DATA unpack<>+0(SB)/4, $0
DATA unpack<>+4(SB)/4, $4
DATA unpack<>+8(SB)/4, $1
DATA unpack<>+12(SB)/4, $5
DATA unpack<>+16(SB)/4, $2
DATA unpack<>+20(SB)/4, $6
DATA unpack<>+24(SB)/4, $3
DATA unpack<>+28(SB)/4, $7
GLOBL unpack<>(SB), RODATA|NOPTR, $32

// Four rounded products with Y4, plus the zero point in Y5.
#define ROUND(at, y) \
	VMULPS    at(SI), Y4, y \
	VCVTPS2DQ y, y          \
	VPADDD    Y5, y, y

// func avx2Quantise(dst *uint8, x *float32, n int) (scale float32, zero int32)
TEXT ·avx2Quantise(SB), NOSPLIT, $0-32
	MOVQ   dst+0(FP), DI
	MOVQ   x+8(FP), SI
	MOVQ   n+16(FP), CX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	MOVQ   CX, DX
	MOVQ   SI, AX

range:
	VMOVUPS 0(AX), Y4
	VMOVUPS 32(AX), Y5
	VMINPS  Y4, Y0, Y0
	VMAXPS  Y4, Y1, Y1
	VMINPS  Y5, Y2, Y2
	VMAXPS  Y5, Y3, Y3
	ADDQ    $64, AX
	SUBQ    $16, DX
	JNZ     range

	VMINPS       Y2, Y0, Y0
	VMAXPS       Y3, Y1, Y1
	VEXTRACTF128 $1, Y0, X2
	VEXTRACTF128 $1, Y1, X3
	VMINPS       X2, X0, X0
	VMAXPS       X3, X1, X1
	VMOVHLPS     X0, X0, X2
	VMOVHLPS     X1, X1, X3
	VMINPS       X2, X0, X0
	VMAXPS       X3, X1, X1
	VMOVSHDUP    X0, X2
	VMOVSHDUP    X1, X3
	VMINSS       X2, X0, X0
	VMAXSS       X3, X1, X1
	VSUBSS       X0, X1, X1             // high - low
	VXORPS       X3, X3, X3
	VUCOMISS     X3, X1
	JE           flat
	VMOVSS       ·normConstants+12(SB), X2
	VDIVSS       X1, X2, X4             // 255 / range
	VDIVSS       X2, X1, X1             // range / 255
	VMOVSS       X1, scale+24(FP)
	VSUBSS       X0, X3, X0
	VMULSS       X4, X0, X0
	VCVTSS2SI    X0, AX
	MOVL         AX, zero+28(FP)
	VMOVD        AX, X5
	VPBROADCASTD X5, Y5
	VBROADCASTSS X4, Y4
	VMOVDQU      unpack<>(SB), Y6

pack:
	ROUND(0, Y0)
	ROUND(32, Y1)
	ROUND(64, Y2)
	ROUND(96, Y3)
	VPACKSSDW Y1, Y0, Y0
	VPACKSSDW Y3, Y2, Y2
	VPACKUSWB Y2, Y0, Y0
	VPERMD    Y0, Y6, Y0
	VMOVDQU   Y0, (DI)
	ADDQ      $128, SI
	ADDQ      $32, DI
	SUBQ      $32, CX
	JNZ       pack
	VZEROUPPER
	RET

flat:
	MOVL $0, scale+24(FP)
	MOVL $0, zero+28(FP)

zeros:
	VMOVDQU Y3, (DI)
	ADDQ    $32, DI
	SUBQ    $32, CX
	JNZ     zeros
	VZEROUPPER
	RET
