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

// exp is e to the power of x, right to about 1e-15 of its value. Powers beyond
// ±700 are those of ±700.
func exp(x float64) float64 {
	x = min(max(x, -700), 700)
	whole := math.RoundToEven(x * math.Log2E)
	f := float64(x-float64(whole*ln2High)) - float64(whole*ln2Low)
	// Taylor's series; the rest of |f| <= ln(2)/2 to the 14th is below 1e-17.
	sum := 1.0
	for n := 13.0; n > 0; n-- {
		sum = 1 + float64(sum*f)/n
	}
	return math.Ldexp(sum, int(whole))
}

func tanh(x float64) float64 { return 1 - 2/(exp(2*x)+1) }

// sigmoid turns a logit into a probability.
func sigmoid(x float64) float64 { return 1 / (1 + exp(-x)) }
