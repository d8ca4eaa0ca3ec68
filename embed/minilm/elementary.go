package minilm

// Elementary functions for the verifier's head. Those of package math have
// other bits on some processors; these round every product before it is added.

import "math"

// The natural logarithm of 2 in two parts; the first has zeros at its end, so
// that its products with small integers are exact.
const (
	ln2High = 6.93147180369123816490e-01
	ln2Low  = 1.90821492927058770002e-10
)

// taylor holds 1/13! down to 1/1!.
var taylor = [...]float64{
	1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
	1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2, 1,
}

// exp is e to the power of x, right to about 1e-15 of its value. Powers beyond
// ±700 are those of ±700.
func exp(x float64) float64 {
	x = min(max(x, -700), 700)
	whole := math.RoundToEven(x * math.Log2E)
	f := float64(x-float64(whole*ln2High)) - float64(whole*ln2Low)
	sum := 0.0 // the rest of |f| <= ln(2)/2 to the 14th is below 1e-17
	for _, c := range taylor {
		sum = float64(sum*f) + c
	}
	return math.Ldexp(float64(sum*f)+1, int(whole))
}

func tanh(x float64) float64 { return 1 - 2/(exp(2*x)+1) }

// sigmoid turns a logit into a probability.
func sigmoid(x float64) float64 { return 1 / (1 + exp(-x)) }
