// Tighten: a safer threshold, without waiting for a certificate.

package tune

// Tighten is the loosest threshold above now at which labelled hits are right as
// often as promised, should one more of them be wrong than was seen: (wrong +
// 1)/(hits + 1) is at most 1 - precision. It needs 32 flawless hits at a
// precision of 0.97, so it is less than a certificate, and more than a guess.
// Where there is none it is 1, at which hardly anything is served.
func Tighten(hits []Sample, precision, now float64) float64 {
	blocks, threshold := newLadder(hits).blocks, 1.0
	for i, b := range blocks {
		if b.threshold <= now {
			break
		}
		if b.wrong+1 <= (1-precision)*(b.hits()+1) {
			threshold = readable(b.threshold, max(now, next(blocks, i)))
		}
	}
	return threshold
}
