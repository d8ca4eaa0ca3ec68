// The curve: what each threshold would do.

package tune

// Point is what a threshold does to the whole sample.
type Point struct {
	Threshold float64 `json:"threshold"`
	Hits      int     `json:"hits"`
	Wrong     int     `json:"wrong"`
	Precision float64 `json:"precision"`

	// LowerBound is that of the precision at this threshold alone. Looking for
	// the best of many points breaks it: the promise is the certificate's.
	LowerBound   float64 `json:"lower_bound"`
	HitRate      float64 `json:"hit_rate"`
	RequestError float64 `json:"request_error"`
}

func (m measure) point(threshold float64, c counts) Point {
	return Point{
		Threshold: threshold, Hits: int(c.hits()), Wrong: int(c.wrong), Precision: m.precision(c),
		LowerBound: m.precisionBound(c), HitRate: m.hitRate(c), RequestError: m.requestError(c),
	}
}

// curve has at most about n points, strictest first.
func curve(l ladder, m measure, n int) []Point {
	blocks := l.thinned(n)
	points := make([]Point, len(blocks))
	for i, b := range blocks {
		points[i] = m.point(b.threshold, b.counts)
	}
	return points
}
