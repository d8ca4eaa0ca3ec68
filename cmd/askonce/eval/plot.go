// Curves of precision over recall, in the terminal and as SVG.

package eval

import (
	"fmt"
	"io"
	"strings"

	"github.com/guptarohit/asciigraph"
)

// precisionOver returns, for n recalls from 1/n to 1, the best precision of
// the thresholds that serve at least that share of the right pairs. Where none
// does, the list ends.
func (r ranking) precisionOver(n int) []float64 {
	var list []float64
	for i := 1; i <= n; i++ {
		best := -1.0
		for _, s := range r.steps {
			if s.score != never && s.right*n >= i*r.right && s.right > 0 {
				best = max(best, float64(s.right)/float64(s.right+s.wrong))
			}
		}
		if best < 0 {
			break
		}
		list = append(list, best)
	}
	return list
}

// Points of a curve: one for each column of the terminal's plot, and of the
// SVG's.
const (
	columns = 72
	rows    = 12
	points  = 200
)

var (
	lineColours = [...]asciigraph.AnsiColor{asciigraph.Gray, asciigraph.Blue, asciigraph.Gold, asciigraph.Green}
	svgColours  = [...]string{"#888888", "#1f6fd6", "#d99000", "#18864b"}
)

// curve is the precision of one variant over recall.
type curve struct {
	variant   int
	precision []float64
}

// curves are those of the variants that were measured, n points each.
func (r *PairReport) curves(n int) []curve {
	var list []curve
	for i, ranked := range r.rankings {
		if ranked == nil {
			continue
		}
		if precision := ranked.precisionOver(n); len(precision) > 0 {
			list = append(list, curve{i, precision})
		}
	}
	return list
}

// writeCurve plots precision over recall with characters. Colours are for
// terminals.
func (r *PairReport) writeCurve(out io.Writer, colours bool) {
	curves := r.curves(columns)
	if len(curves) == 0 {
		return
	}
	series, legends := make([][]float64, len(curves)), make([]string, len(curves))
	options := []asciigraph.Option{asciigraph.Height(rows), asciigraph.Precision(2), asciigraph.UpperBound(1),
		asciigraph.Caption("precision (up) over recall (0 to 1)")}
	var used []asciigraph.AnsiColor
	for i, c := range curves {
		series[i], legends[i] = c.precision, Variants[c.variant]
		used = append(used, lineColours[c.variant])
	}
	if colours {
		options = append(options, asciigraph.SeriesColors(used...), asciigraph.SeriesLegends(legends...))
	} else { // without colours the lines could not be told apart
		series = series[len(series)-1:]
		options = append(options, asciigraph.Caption("precision (up) over recall (0 to 1) of "+legends[len(legends)-1]))
	}
	fmt.Fprintf(out, "\n%s\n", asciigraph.PlotMany(series, options...))
}

// Size of the SVG's plane in pixels, and the room around it.
const (
	svgWidth, svgHeight = 640, 400
	svgMargin           = 60
)

// WriteSVG draws the same curves, for reports.
func (r *PairReport) WriteSVG(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n",
		svgWidth+2*svgMargin, svgHeight+2*svgMargin)
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	for i := range 11 {
		at := float64(i) / 10
		x, y := svgPoint(at, at)
		left, bottom := svgPoint(0, 0)
		right, top := svgPoint(1, 1)
		fmt.Fprintf(&b, `<path d="M%.1f %.1fH%.1fM%.1f %.1fV%.1f" stroke="#dddddd"/>`+"\n", left, y, right, x, bottom, top)
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="end">%.1f</text><text x="%.1f" y="%.1f" text-anchor="middle">%.1f</text>`+"\n",
			left-8, y+4, at, x, bottom+18, at)
	}
	middle, bottom := svgPoint(.5, 0)
	fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle">recall</text>`+"\n", middle, bottom+38)
	fmt.Fprintf(&b, `<text x="18" y="%.1f" text-anchor="middle" transform="rotate(-90 18 %.1f)">precision</text>`+"\n", svgMargin+svgHeight/2., svgMargin+svgHeight/2.)
	for n, c := range r.curves(points) {
		c.writeSVG(&b, n)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(out, b.String())
	return err
}

// writeSVG draws one curve and line n of the legend.
func (c curve) writeSVG(b *strings.Builder, n int) {
	fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="2" points="`, svgColours[c.variant])
	for i, precision := range c.precision {
		x, y := svgPoint(float64(i+1)/points, precision)
		fmt.Fprintf(b, "%.1f,%.1f ", x, y)
	}
	b.WriteString(`"/>` + "\n")
	fmt.Fprintf(b, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n", svgMargin+n*160, svgMargin-20, svgColours[c.variant], Variants[c.variant])
}

// svgPoint places a recall and a precision on the plane.
func svgPoint(recall, precision float64) (x, y float64) {
	return svgMargin + recall*svgWidth, svgMargin + (1-precision)*svgHeight
}
