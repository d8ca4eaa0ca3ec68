// The choice of inner loops on amd64.

package flat

import "golang.org/x/sys/cpu"

//go:noescape
func dotAVX2(a, b *int16, n int) int32

//go:noescape
func scanAVX2(query *uint64, words int, blocks *uint64, count int, limit uint64, distances *uint16, near *uint8)

//go:noescape
func scanAVX512(query *uint64, words int, blocks *uint64, count int, limit uint64, distances *uint16, near *uint8)

// available lists the kernels that this processor can run, best first.
func available() []kernels {
	all := []kernels{portable}
	if cpu.X86.HasAVX2 {
		all = append([]kernels{{dot: dotWide, scan: scanWide}}, all...)
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VPOPCNTDQ {
		all = append([]kernels{{dot: dotWide, scan: scanWider}}, all...)
	}
	return all
}

func dotWide(a, b []int16) int32 {
	b = b[:len(a)]
	return dotAVX2(&a[0], &b[0], len(a))
}

func scanWide(query, blocks []uint64, limit uint16, distances []uint16, near []uint8) {
	count := len(blocks) / (len(query) * lanes)
	if count == 0 {
		return
	}
	_, _ = distances[count*lanes-1], near[count-1]
	scanAVX2(&query[0], len(query), &blocks[0], count, uint64(limit), &distances[0], &near[0])
}

func scanWider(query, blocks []uint64, limit uint16, distances []uint16, near []uint8) {
	count := len(blocks) / (len(query) * lanes)
	if count == 0 {
		return
	}
	_, _ = distances[count*lanes-1], near[count-1]
	scanAVX512(&query[0], len(query), &blocks[0], count, uint64(limit), &distances[0], &near[0])
}
