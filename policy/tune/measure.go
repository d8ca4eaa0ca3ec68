// What counts say: of lookups as they come, or of pairs under a rate.

package tune

// measure reads counts. With a rate, they are of pairs of which such a share
// is right in use; without, of lookups as they come.
type measure struct {
	rate  float64
	delta float64
}

// shares are those of right and of wrong pairs that are served.
func (c counts) shares() (tpr, fpr float64) {
	return share(c.right, c.allRight), share(c.wrong, c.allWrong)
}

func share(k, n float64) float64 {
	if n == 0 {
		return 0
	}
	return k / n
}

// precision is the share of hits that are right; 0 without hits.
func (m measure) precision(c counts) float64 {
	if m.rate == 0 {
		return share(c.right, c.hits())
	}
	tpr, fpr := c.shares()
	return m.weighed(tpr, fpr)
}

func (m measure) weighed(tpr, fpr float64) float64 {
	return share(m.rate*tpr, m.rate*tpr+(1-m.rate)*fpr)
}

// rightPart is the part of delta that the bound of the served right pairs gets.
const rightPart = 0.2

// precisionBound is the lower bound of the precision at level delta.
func (m measure) precisionBound(c counts) float64 {
	if m.rate == 0 {
		return LowerBound(c.right, c.hits(), m.delta)
	}
	forRight := m.delta * rightPart
	forWrong := 1 - (1-m.delta)/(1-forRight)
	return m.weighed(LowerBound(c.right, c.allRight, forRight), UpperBound(c.wrong, c.allWrong, forWrong))
}

// hitRate is the share of requests that are served.
func (m measure) hitRate(c counts) float64 {
	if m.rate == 0 {
		return share(c.hits(), c.all())
	}
	tpr, fpr := c.shares()
	return m.rate*tpr + (1-m.rate)*fpr
}

// requestError is the share of requests that get a wrong answer.
func (m measure) requestError(c counts) float64 {
	if m.rate == 0 {
		return share(c.wrong, c.all())
	}
	_, fpr := c.shares()
	return (1 - m.rate) * fpr
}

// requestErrorBound is the upper bound of requestError at level delta.
func (m measure) requestErrorBound(c counts) float64 {
	if m.rate == 0 {
		return UpperBound(c.wrong, c.all(), m.delta)
	}
	return (1 - m.rate) * UpperBound(c.wrong, c.allWrong, m.delta)
}
