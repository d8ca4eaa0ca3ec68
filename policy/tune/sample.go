// Labelled samples, in blocks of equal scores.

package tune

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"sort"
)

// Sample is one labelled lookup, or one labelled pair of questions.
type Sample struct {
	// Score is what the threshold acts on; higher is nearer. It does not count
	// if Never is set.
	Score float64

	// Right says that the candidate's answer is right for the question.
	Right bool

	// Never says that nothing is served at any threshold: there was no
	// candidate, or a guard or the floor refuses it.
	Never bool
}

// counts are the samples that a threshold serves, and all that there are.
// Fractions stand for expected numbers.
type counts struct {
	right, wrong       float64 // served
	allRight, allWrong float64
}

func (c counts) hits() float64 { return c.right + c.wrong }
func (c counts) all() float64  { return c.allRight + c.allWrong }

// times are the counts of a sample that is larger by a factor.
func (c counts) times(f float64) counts {
	return counts{c.right * f, c.wrong * f, c.allRight * f, c.allWrong * f}
}

// block is what the threshold at one score serves.
type block struct {
	threshold float64
	counts
}

// ladder are the blocks of a sample, strictest first, and its totals.
type ladder struct {
	blocks []block
	total  counts // as served by no threshold
}

func newLadder(samples []Sample) ladder {
	served := make([]Sample, 0, len(samples))
	var l ladder
	for _, s := range samples {
		if s.Right {
			l.total.allRight++
		} else {
			l.total.allWrong++
		}
		if !s.Never {
			served = append(served, s)
		}
	}
	slices.SortFunc(served, func(a, b Sample) int { return cmp.Compare(b.Score, a.Score) })
	c := l.total
	for i, s := range served {
		if s.Right {
			c.right++
		} else {
			c.wrong++
		}
		if i+1 == len(served) || served[i+1].Score != s.Score {
			l.blocks = append(l.blocks, block{s.Score, c})
		}
	}
	return l
}

// at are the counts that a threshold serves.
func (l ladder) at(threshold float64) counts {
	n := sort.Search(len(l.blocks), func(i int) bool { return l.blocks[i].threshold < threshold })
	if n == 0 {
		return l.total
	}
	return l.blocks[n-1].counts
}

// thinned are at most n blocks, about as many hits apart.
func (l ladder) thinned(n int) []block {
	if len(l.blocks) <= n {
		return l.blocks
	}
	step := l.blocks[len(l.blocks)-1].hits() / float64(n)
	kept := make([]block, 0, n+1)
	for i, b := range l.blocks {
		last := i+1 == len(l.blocks)
		if last || b.hits() >= step*float64(len(kept)+1) {
			kept = append(kept, b)
		}
	}
	return kept
}

// readable is a threshold with no more digits than it needs: at most upTo, and
// above the next looser score.
func readable(upTo, above float64) float64 {
	for scale := 1e4; scale <= 1e12; scale *= 10 {
		if t := math.Floor(upTo*scale) / scale; t > above && t <= upTo {
			return t
		}
	}
	return upTo
}

// next is the score of the block behind i, and at least 0: a threshold is above
// that.
func next(blocks []block, i int) float64 {
	if i+1 < len(blocks) {
		return max(0, blocks[i+1].threshold)
	}
	return 0
}

// positive are the blocks whose score can be a threshold.
func positive(blocks []block) []block {
	n := sort.Search(len(blocks), func(i int) bool { return blocks[i].threshold <= 0 })
	return blocks[:n]
}

// sorted are the samples in an order of their own.
func sorted(samples []Sample) []Sample {
	bit := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	list := slices.Clone(samples)
	for i := range list {
		if list[i].Never {
			list[i].Score = 0
		}
	}
	slices.SortFunc(list, func(a, b Sample) int {
		return cmp.Or(cmp.Compare(a.Score, b.Score), bit(a.Right)-bit(b.Right), bit(a.Never)-bit(b.Never))
	})
	return list
}

// Fingerprint names a sample: the same for the same scores and labels in any
// order.
func Fingerprint(samples []Sample) string {
	sum := sha256.New()
	for _, s := range sorted(samples) {
		var row [9]byte
		binary.BigEndian.PutUint64(row[:], math.Float64bits(s.Score))
		if s.Right {
			row[8] |= 1
		}
		if s.Never {
			row[8] |= 2
		}
		sum.Write(row[:])
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)[:16])
}
