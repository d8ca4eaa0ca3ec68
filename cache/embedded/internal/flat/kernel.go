// The two inner loops, in portable form. Processors with faster ones replace
// them in kernel_amd64.go; the results are the same bit by bit.

package flat

import (
	"encoding/binary"
	"math/bits"
)

// lanes is how many points a block of sign bits holds, word by word: word w of
// lane l is at block*words*lanes + w*lanes + l.
const lanes = 8

// kernels are the inner loops of a search.
type kernels struct {
	// dot sums the products of a and b, whose length is a multiple of 16.
	dot func(a, b []int16) int32

	// scan writes the Hamming distance of query to every point of blocks to
	// distances, and to near one byte for each block, whose bit l says that
	// lane l is at most limit away.
	scan func(query, blocks []uint64, limit uint16, distances []uint16, near []uint8)
}

// portable works on every processor.
var portable = kernels{dot: dotPortable, scan: scanPortable}

func dotPortable(a, b []int16) int32 {
	var sum int32
	b = b[:len(a)]
	for i, x := range a {
		sum += int32(x) * int32(b[i])
	}
	return sum
}

func scanPortable(query, blocks []uint64, limit uint16, distances []uint16, near []uint8) {
	size := len(query) * lanes
	for b := range len(blocks) / size {
		block := blocks[b*size : (b+1)*size]
		out := distances[b*lanes : (b+1)*lanes]
		var mask uint8
		for l := range out {
			d := 0
			for w, q := range query {
				d += bits.OnesCount64(q ^ block[w*lanes+l])
			}
			out[l] = uint16(d)
			if d <= int(limit) {
				mask |= 1 << l
			}
		}
		near[b] = mask
	}
}

// eachNear calls visit with the position of every bit that is set, skipping
// 64 points at a time where none is.
func eachNear(near []uint8, visit func(position int)) {
	i := 0
	for ; i+8 <= len(near); i += 8 {
		for m := binary.LittleEndian.Uint64(near[i:]); m != 0; m &= m - 1 {
			visit(i*lanes + bits.TrailingZeros64(m))
		}
	}
	for ; i < len(near); i++ {
		for m := near[i]; m != 0; m &= m - 1 {
			visit(i*lanes + bits.TrailingZeros8(m))
		}
	}
}
