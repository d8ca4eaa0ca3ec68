// Exact confidence bounds for shares.

package tune

import "math"

// UpperBound is Clopper and Pearson's upper confidence bound, at level delta,
// of the probability of what happened k times in n: the largest that does not
// make k or fewer less likely than delta. It is 1 where nothing is known.
func UpperBound(k, n, delta float64) float64 {
	if n <= 0 || k >= n {
		return 1
	}
	return betaInverse(k+1, n-k, 1-delta)
}

// LowerBound is the lower one.
func LowerBound(k, n, delta float64) float64 { return 1 - UpperBound(n-k, n, delta) }

// betaInverse is the x at which the regularised incomplete beta function is p,
// by bisection, since it is monotone; at most 1e-12 above it.
func betaInverse(a, b, p float64) float64 {
	low, high := 0.0, 1.0
	for range 40 {
		mid := (low + high) / 2
		if incompleteBeta(a, b, mid) < p {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// incompleteBeta is the regularised incomplete beta function I_x(a, b), the
// distribution function of Beta(a, b), for a, b > 0 (DLMF 8.17).
func incompleteBeta(a, b, x float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2): // where the fraction converges slowly
		return 1 - incompleteBeta(b, a, 1-x)
	}
	lgamma := func(x float64) float64 {
		v, _ := math.Lgamma(x)
		return v
	}
	front := lgamma(a+b) - lgamma(a) - lgamma(b) + a*math.Log(x) + b*math.Log1p(-x)
	return math.Exp(front) / a * betaFraction(a, b, x)
}

// betaFraction is the continued fraction of DLMF 8.17.22, evaluated forward by
// Lentz's method as modified by Thompson and Barnett (1986). It needs about
// sqrt(max(a, b)) steps.
func betaFraction(a, b, x float64) float64 {
	const tiny, enough, most = 1e-300, 1e-15, 100_000
	c, d := 1.0, 1/notZero(1-(a+b)*x/(a+1), tiny)
	value := d
	step := func(coefficient float64) float64 {
		d = 1 / notZero(1+coefficient*d, tiny)
		c = notZero(1+coefficient/c, tiny)
		value *= c * d
		return c * d
	}
	for m := 1.0; m < most; m++ {
		step(m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m)))
		if change := step(-(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))); math.Abs(change-1) < enough {
			break
		}
	}
	return value
}

func notZero(x, tiny float64) float64 {
	if math.Abs(x) < tiny {
		return tiny
	}
	return x
}
