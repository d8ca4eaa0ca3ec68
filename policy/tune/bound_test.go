package tune

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestNeededHits(t *testing.T) {
	for precision, want := range map[float64][4]int{
		0.99: {299, 473, 628, 1049},
		0.98: {149, 236, 313, 523},
		0.97: {99, 157, 208, 348},
		0.95: {59, 93, 124, 208},
	} {
		for i, wrong := range []int{0, 1, 2, 5} {
			bound := func(n int) float64 { return LowerBound(float64(n-wrong), float64(n), 0.05) }
			if n := want[i]; bound(n) < precision || bound(n-1) >= precision {
				t.Errorf("precision %v with %d wrong: bound %v of %d hits, %v of one less", precision, wrong, bound(n), n, bound(n-1))
			}
		}
	}
}

// tail is P(X <= k) for X binomial (n, p), exactly.
func tail(k, n int64, p *big.Rat) *big.Rat {
	q := new(big.Rat).Sub(big.NewRat(1, 1), p)
	power := func(x *big.Rat, n int64) *big.Rat {
		num := new(big.Int).Exp(x.Num(), big.NewInt(n), nil)
		return new(big.Rat).SetFrac(num, new(big.Int).Exp(x.Denom(), big.NewInt(n), nil))
	}
	sum := new(big.Rat)
	for i := range k + 1 {
		term := new(big.Rat).SetInt(new(big.Int).Binomial(n, i))
		term.Mul(term, power(p, i)).Mul(term, power(q, n-i))
		sum.Add(sum, term)
	}
	return sum
}

func TestIncompleteBetaIsTheBinomialTail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 120).Draw(t, "n")
		k := rapid.Int64Range(0, n-1).Draw(t, "k")
		p := big.NewRat(rapid.Int64Range(1, 999).Draw(t, "p"), 1000)
		want, _ := tail(k, n, p).Float64()
		x, _ := p.Float64()
		got := 1 - incompleteBeta(float64(k+1), float64(n-k), x)
		if math.Abs(got-want) > 1e-11 {
			t.Fatalf("P(X <= %d) of %d at %v is %v, want %v", k, n, x, got, want)
		}
	})
}

func TestUpperBoundIsWhereTheTailIsDelta(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 50_000).Draw(t, "n")
		k := rapid.IntRange(0, n-1).Draw(t, "k")
		delta := rapid.Float64Range(0.001, 0.5).Draw(t, "delta")
		p := UpperBound(float64(k), float64(n), delta)
		if rest := incompleteBeta(float64(n-k), float64(k+1), 1-p); math.Abs(rest-delta) > 1e-6 {
			t.Fatalf("at the bound %v of %d in %d, the tail is %v, want %v", p, k, n, rest, delta)
		}
		if low := LowerBound(float64(k), float64(n), delta); low > float64(k)/float64(n) || p < float64(k)/float64(n) {
			t.Fatalf("bounds %v and %v do not hold %d in %d between them", low, p, k, n)
		}
	})
}

func TestBoundsWhereNothingIsKnown(t *testing.T) {
	if u, l := UpperBound(0, 0, 0.05), LowerBound(0, 0, 0.05); u != 1 || l != 0 {
		t.Errorf("bounds of nothing are %v and %v, want 0 and 1", l, u)
	}
	if u := UpperBound(7, 7, 0.05); u != 1 {
		t.Errorf("the upper bound of 7 in 7 is %v", u)
	}
}
