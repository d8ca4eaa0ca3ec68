// Sign bits of a large scope, in blocks of eight points.

package flat

// chunkPoints is how many points are scanned between two looks at the limit
// and at the context, and how many share an allocation.
const chunkPoints = 2048

// signs holds the sign bits of a scope's points, by their position.
type signs struct {
	words  int
	chunks []*chunk
}

// chunk holds the sign bits of chunkPoints points, laid out as scan wants, and
// beside them what nearly every search filters by: the points themselves are
// scattered, and a look at each would take longer than the scan.
type chunk struct {
	bits    []uint64
	expires [chunkPoints]int64
}

func newSigns(words int) *signs { return &signs{words: words} }

// set stores a point at position, which is at most one past the end.
func (s *signs) set(position int, v []int16, expires int64) {
	n, within := position/chunkPoints, position%chunkPoints
	if n == len(s.chunks) {
		s.chunks = append(s.chunks, &chunk{bits: make([]uint64, chunkPoints*s.words)})
	}
	c := s.chunks[n]
	c.expires[within] = expires
	lane := c.bits[within/lanes*lanes*s.words+within%lanes:]
	for w := range s.words {
		lane[w*lanes] = signWord(v, w)
	}
}

// truncate frees what n points don't need.
func (s *signs) truncate(n int) {
	if need := (n + chunkPoints - 1) / chunkPoints; need < len(s.chunks) {
		s.chunks[need] = nil
		s.chunks = s.chunks[:need]
	}
}

// signWord returns word w of the sign bits of v.
func signWord(v []int16, w int) uint64 {
	v = v[w*64 : min(len(v), w*64+64)]
	var word uint64
	for i, x := range v {
		word |= uint64(uint16(x)>>15) << (i % 64)
	}
	return word
}
