// Instructions that Go's assembler does not know, by the numbers of their
// vector registers, in its order: sources first.

// On four floats.
#define FADD(m, n, d) WORD $(0x4E20D400 | (m)<<16 | (n)<<5 | (d)) // FADD Vd.4S, Vn.4S, Vm.4S
#define FSUB(m, n, d) WORD $(0x4EA0D400 | (m)<<16 | (n)<<5 | (d)) // FSUB Vd.4S, Vn.4S, Vm.4S
#define FMUL(m, n, d) WORD $(0x6E20DC00 | (m)<<16 | (n)<<5 | (d)) // FMUL Vd.4S, Vn.4S, Vm.4S
#define FDIV(m, n, d) WORD $(0x6E20FC00 | (m)<<16 | (n)<<5 | (d)) // FDIV Vd.4S, Vn.4S, Vm.4S
#define FMAX(m, n, d) WORD $(0x4E20F400 | (m)<<16 | (n)<<5 | (d)) // FMAX Vd.4S, Vn.4S, Vm.4S
#define FMIN(m, n, d) WORD $(0x4EA0F400 | (m)<<16 | (n)<<5 | (d)) // FMIN Vd.4S, Vn.4S, Vm.4S
#define FABS(n, d) WORD $(0x4EA0F800 | (n)<<5 | (d))              // FABS Vd.4S, Vn.4S
#define FRINTN(n, d) WORD $(0x4E218800 | (n)<<5 | (d))            // FRINTN Vd.4S, Vn.4S: to whole numbers, halves to even
#define FCVTNS(n, d) WORD $(0x4E21A800 | (n)<<5 | (d))            // FCVTNS Vd.4S, Vn.4S: to integers, halves to even
#define SCVTF(n, d) WORD $(0x4E21D800 | (n)<<5 | (d))             // SCVTF Vd.4S, Vn.4S: from integers
#define FMAXV(n, d) WORD $(0x6E30F800 | (n)<<5 | (d))             // FMAXV Sd, Vn.4S
#define FMINV(n, d) WORD $(0x6EB0F800 | (n)<<5 | (d))             // FMINV Sd, Vn.4S

// On four integers.
#define SMAX(m, n, d) WORD $(0x4EA06400 | (m)<<16 | (n)<<5 | (d)) // SMAX Vd.4S, Vn.4S, Vm.4S
#define SMAXV(n, d) WORD $(0x4EB0A800 | (n)<<5 | (d))             // SMAXV Sd, Vn.4S
#define MLS(m, n, d) WORD $(0x6EA09400 | (m)<<16 | (n)<<5 | (d))  // MLS Vd.4S, Vn.4S, Vm.4S

// Narrowing, with saturation; those with a 2 fill the upper half.
#define SQXTN(n, d) WORD $(0x0E614800 | (n)<<5 | (d))   // SQXTN Vd.4H, Vn.4S
#define SQXTN2(n, d) WORD $(0x4E614800 | (n)<<5 | (d))  // SQXTN2 Vd.8H, Vn.4S
#define SQXTUN(n, d) WORD $(0x2E212800 | (n)<<5 | (d))  // SQXTUN Vd.8B, Vn.8H
#define SQXTUN2(n, d) WORD $(0x6E212800 | (n)<<5 | (d)) // SQXTUN2 Vd.16B, Vn.8H

// Widening.
#define SXTL(n, d) WORD $(0x0F08A400 | (n)<<5 | (d))  // SXTL Vd.8H, Vn.8B
#define SXTL2(n, d) WORD $(0x4F08A400 | (n)<<5 | (d)) // SXTL2 Vd.8H, Vn.16B

// Products of words, added: of four with four, or with the i-th of m, which is
// below 16.
#define SMLAL(m, n, d) WORD $(0x0E608000 | (m)<<16 | (n)<<5 | (d))  // SMLAL Vd.4S, Vn.4H, Vm.4H
#define SMLAL2(m, n, d) WORD $(0x4E608000 | (m)<<16 | (n)<<5 | (d)) // SMLAL2 Vd.4S, Vn.8H, Vm.8H
#define LANE(i) (((i)>>2)<<11 | ((i)>>1&1)<<21 | ((i)&1)<<20)
#define SMLALX(m, i, n, d) WORD $(0x0F402000 | LANE(i) | (m)<<16 | (n)<<5 | (d))  // SMLAL Vd.4S, Vn.4H, Vm.H[i]
#define SMLALX2(m, i, n, d) WORD $(0x4F402000 | LANE(i) | (m)<<16 | (n)<<5 | (d)) // SMLAL2 Vd.4S, Vn.8H, Vm.H[i]

// Products of signed bytes in groups of four with the i-th group of m, added.
#define SDOT(m, i, n, d) WORD $(0x4F80E000 | ((i)>>1)<<11 | ((i)&1)<<21 | (m)<<16 | (n)<<5 | (d)) // SDOT Vd.4S, Vn.16B, Vm.4B[i]
