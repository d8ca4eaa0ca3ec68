// The tally of a threshold's audits, and the evidence in it.

package audit

import "math"

const (
	// blockLength is how many decided audits lie between two gamblers' starts.
	blockLength = 100

	// mostBlocks bounds a tally; beyond it, older starts are given up.
	mostBlocks = 256

	// bets is how many shares of wrong hits are bet on: from halfway between
	// the promise and all, halving the distance to the promise each time.
	bets = 8
)

// Tally counts the audits of hits by one threshold, in the order in which they
// came. The zero value is empty.
type Tally struct {
	Blocks    []Block `json:"blocks,omitempty"`
	Undecided int     `json:"undecided,omitzero"`
}

// Block counts audits that follow each other: a multiple of [blockLength] of
// them, less in the last block.
type Block struct {
	Right int `json:"right"`
	Wrong int `json:"wrong"`
}

func (b Block) size() int { return b.Right + b.Wrong }

// Add counts one audit.
func (t *Tally) Add(v Verdict) {
	if v == Undecided {
		t.Undecided++
		return
	}
	if n := len(t.Blocks); n == 0 || t.Blocks[n-1].size()%blockLength == 0 {
		t.thin()
		t.Blocks = append(t.Blocks, Block{})
	}
	last := &t.Blocks[len(t.Blocks)-1]
	if v == Right {
		last.Right++
	} else {
		last.Wrong++
	}
}

// thin joins pairs of the older blocks when there are too many. The gamblers
// who began between them are out, with what they had.
func (t *Tally) thin() {
	if len(t.Blocks) < mostBlocks {
		return
	}
	half := mostBlocks / 2
	joined := make([]Block, 0, mostBlocks)
	for i := 0; i < half; i += 2 {
		a, b := t.Blocks[i], t.Blocks[i+1]
		joined = append(joined, Block{a.Right + b.Right, a.Wrong + b.Wrong})
	}
	t.Blocks = append(joined, t.Blocks[half:]...)
}

// Counts are the decided audits.
func (t *Tally) Counts() (right, wrong int) {
	for _, b := range t.Blocks {
		right, wrong = right+b.Right, wrong+b.Wrong
	}
	return right, wrong
}

// Evidence is the capital of those who bet against the promise that a share of
// at least promise of the hits is right. While it holds, the capital ever
// reaches x with probability 1/x at most, however often one looks. latest is
// how many of the latest audits the richest of them have seen.
//
// The gamblers who begin behind n blocks have the share 1/((n+1)(n+2)) of the
// stakes; those who have not begun hold theirs.
func (t *Tally) Evidence(promise float64) (capital float64, latest int) {
	right, wrong := t.Counts()
	richest, before := 0.0, 0
	for _, b := range t.Blocks {
		n := float64(before / blockLength)
		has := winnings(1-promise, right, wrong) / ((n + 1) * (n + 2))
		if capital += has; has > richest {
			richest, latest = has, right+wrong
		}
		right, wrong, before = right-b.Right, wrong-b.Wrong, before+b.size()
	}
	begun := math.Ceil(float64(before) / blockLength)
	return capital + 1/(begun+1), latest
}

// winnings is what a capital of 1 became that was bet on "wrong" when at most
// the share e was promised to be. Whoever bets on the share p of wrong ones has
// p/e times the stake after a wrong answer, and (1-p)/(1-e) times after a right one.
func winnings(e float64, right, wrong int) float64 {
	sum := 0.0
	for j := 1; j <= bets; j++ {
		p := e + (1-e)*math.Pow(2, -float64(j))
		sum += math.Exp(float64(wrong)*math.Log(p/e) + float64(right)*math.Log((1-p)/(1-e)))
	}
	return sum / bets
}
