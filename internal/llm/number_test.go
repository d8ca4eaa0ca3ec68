// Canonical numbers: one form for equal ones, never one for different ones.

package llm

import (
	"math"
	"math/big"
	"strconv"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

func TestNumbersMeetOnlyIfEqual(t *testing.T) {
	number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,22})?([eE][+-]?[0-9]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		a := number.Draw(t, "a")
		b := rapid.OneOf(number, rapid.Just(respell(a))).Draw(t, "b")
		x, y := string(appendNumber(nil, []byte(a))), string(appendNumber(nil, []byte(b)))
		equal := rational(t, a).Cmp(rational(t, b)) == 0
		if (x == y) != equal {
			t.Fatalf("%s -> %s and %s -> %s; equal is %v", a, x, b, y, equal)
		}
		if rational(t, x).Cmp(rational(t, a)) != 0 {
			t.Fatalf("%s became %s, another number", a, x)
		}
		if again := string(appendNumber(nil, []byte(x))); again != x {
			t.Fatalf("%s became %s the second time", x, again)
		}
	})
}

// respell writes the same number in another way.
func respell(number string) string {
	r, _ := new(big.Rat).SetString(number)
	if r.IsInt() {
		return r.RatString()
	}
	return r.FloatString(140)
}

func rational(t *rapid.T, s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("%q is no number", s)
	}
	return r
}

// TestNumbersAreThoseOfRFC8785 holds for every double written with the digits
// that it takes to tell it from its neighbours, as all JSON writers do.
func TestNumbersAreThoseOfRFC8785(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64().Draw(t, "f")
		if f == 0 || math.IsInf(f, 0) || math.IsNaN(f) {
			return
		}
		want := string(jsontext.AppendFloat(nil, f, 64))
		got := string(appendNumber(nil, []byte(strconv.FormatFloat(f, 'e', -1, 64))))
		if got != want {
			t.Fatalf("%g: got %s, want %s", f, got, want)
		}
	})
}
