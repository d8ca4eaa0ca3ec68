// Numbers: their values, however they are written.

package guard

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A value is a number that a text names.
type value struct {
	written string // in digits, without leading zeros and separators of thousands; "3.10" is not "3.1"
	n       float64
	unit    unit
	weight  weight
	ordinal bool
}

// weight is how much it means that the other text has not the same value.
type weight uint8

const (
	faint weight = iota // nothing: "a week", "one" and "may" are often something else
	soft                // something if the other has another one: "two-factor"
	hard                // something by itself
)

// numbersDiffer refuses where each text has a number that the other has not,
// or one has, and they share most of what they are about. "2" and "two" are
// the same, and so are "1 hour" and "60 minutes"; a number in letters alone is
// often no number ("two-factor"), and refuses nothing.
func numbersDiffer(a, b *Text) bool {
	return differ(a, b, a.values.lack(b), b.values.lack(a))
}

type values []value

// lack tells which values the other text has not.
func (list values) lack(other *Text) lack {
	var l lack
	for _, v := range list {
		if v.weight == faint || other.values.has(v, value.near) || v.unit == noUnit && other.atMoment(v.n) {
			continue
		}
		if v.weight == soft && v.ordinal && !slices.ContainsFunc(other.values, func(w value) bool { return w.ordinal }) {
			continue // "the third time" says nothing against "5 tries"
		}
		l.any = true
		l.firm = l.firm || v.weight == hard
	}
	return l
}

func (list values) has(v value, same func(v, w value) bool) bool {
	for _, w := range list {
		if same(v, w) {
			return true
		}
	}
	return false
}

// near reports whether two values are the same number, or the same measure.
func (v value) near(w value) bool {
	return v.written == w.written || v.unit != noUnit && w.unit != noUnit && (v.n == w.n || v.same(w))
}

// same reports whether two values are the same measure: one that has no unit
// may have any.
func (v value) same(w value) bool {
	switch {
	case v.unit == noUnit || w.unit == noUnit:
		return v.written == w.written
	case v.unit == w.unit:
		return v.n == w.n
	case v.unit.dimension != w.unit.dimension:
		return v.n == w.n && v.unit.mayBe(w.unit)
	}
	x, y := v.unit.base(v.n), w.unit.base(w.n)
	return math.Abs(x-y) <= closeEnough*max(math.Abs(x), math.Abs(y))
}

// closeEnough is how far converted measures may be apart, as people round:
// 5 miles and 8 km, 12 months and a year.
const closeEnough = 0.02

// unitsDiffer refuses the same number with another unit or currency.
func unitsDiffer(a, b *Text) bool {
	for _, v := range a.values {
		if v.unit == noUnit || b.values.has(v, value.same) {
			continue
		}
		for _, w := range b.values {
			if v.n == w.n && w.unit != noUnit && !a.values.has(w, value.same) {
				return true
			}
		}
	}
	return false
}

// readQuantities reads numbers, measures, dates and times.
func (t *Text) readQuantities() {
	for at := 0; at < len(t.tokens); {
		took := 0
		if t.is(at, quantity|figures) {
			took = t.readMoment(at)
		}
		if took == 0 {
			took = t.readValue(at)
		}
		at += took
	}
}

// readValue reads the number at a place, with its unit, and returns how many
// words it took; one where there is none.
func (t *Text) readValue(at int) int {
	word := t.tokens[at].word
	switch {
	case t.is(at, quantity):
		return t.readSpelt(at)
	case !t.is(at, figures):
		return 1
	}
	number, suffix := cutNumber(word)
	switch {
	case word == "24/7" || strings.HasPrefix(word, "covid") || t.word(at-1) == "covid" && t.gap(at) == "-":
		return 1 // names, and no numbers
	case number == "":
		t.addRuns(word)
		return 1
	}
	parts := separate(number)
	for _, part := range parts[:len(parts)-1] {
		t.values = append(t.values, bare(part))
	}
	v, took := t.scale(bare(parts[len(parts)-1]), suffix, at)
	t.values = append(t.values, v)
	return took
}

// cutNumber parts what a word begins with, if it is a number, from the letters
// behind it.
func cutNumber(word string) (number, suffix string) {
	end := 0
	for end < len(word) && (isDigit(word[end]) || strings.IndexByte(".,:/-", word[end]) >= 0) {
		end++
	}
	if strings.IndexFunc(word[end:], func(r rune) bool { return '0' <= r && r <= '9' }) >= 0 {
		return "", ""
	}
	return word[:end], word[end:]
}

// addRuns adds each number in a word of letters and digits: "h1n1", "v1.2".
func (t *Text) addRuns(word string) {
	for run := range strings.FieldsFuncSeq(word, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }) {
		t.values = append(t.values, bare(run))
	}
}

// separate cuts what is not one number into its parts: ranges, ratios, lists.
func separate(number string) []string {
	if isGrouped(number) {
		return []string{strings.ReplaceAll(number, ",", "")}
	}
	return strings.FieldsFunc(number, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
}

// isGrouped reports whether commas part thousands, as in 1,234,567.5, or the
// Indian way, 1,00,000.
func isGrouped(number string) bool {
	whole, _, _ := strings.Cut(number, ".")
	groups := strings.Split(whole, ",")
	for i, group := range groups {
		last := i == len(groups)-1
		switch {
		case strings.Trim(group, "0123456789") != "",
			i == 0 && len(group) > 3, last && len(group) != 3, !last && i > 0 && len(group) != 3 && len(group) != 2:
			return false
		}
	}
	return len(groups) > 1
}

// bare is the value of a decimal number or a version.
func bare(number string) value {
	number = strings.Trim(number, ".")
	whole, fraction, _ := strings.Cut(number, ".")
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	n, _ := strconv.ParseFloat(whole+"."+strings.ReplaceAll(fraction, ".", ""), 64)
	if strings.Trim(fraction, "0") != "" {
		whole += "." + fraction
	}
	return value{written: whole, n: n, weight: hard}
}

// scale takes in what belongs to a number: "k" and "million", a unit, a
// currency.
func (t *Text) scale(v value, suffix string, at int) (value, int) {
	took := 1
	money := t.currency(at)
	factor := shortScales[suffix]
	if factor == 0 && money != noUnit {
		factor = moneyScales[suffix]
	}
	if factor != 0 {
		v, suffix = v.times(factor), ""
	}
	for suffix == "" {
		factor := scales[t.word(at+took)]
		if factor == 0 && money != noUnit {
			factor = moneyScales[t.word(at+took)]
		}
		if factor == 0 || !t.isNext(at+took) {
			break
		}
		v = v.times(factor)
		took++
	}
	switch {
	case money != noUnit:
		v.unit = money
	case suffix != "" && isOrdinal[suffix]:
		v.ordinal = true
	case suffix == "c":
		v.unit = celsius
	case suffix == "f":
		v.unit = fahrenheit
	case suffix != "":
		v.unit = units[suffix]
	default:
		return t.measure(v, at, took)
	}
	return v, took
}

// times multiplies a value.
func (v value) times(factor float64) value {
	v.n *= factor
	v.written = strconv.FormatFloat(v.n, 'f', -1, 64)
	return v
}

// measure takes in the unit behind a number.
func (t *Text) measure(v value, at, took int) (value, int) {
	end := at + took
	sign, _ := utf8.DecodeRuneInString(strings.TrimPrefix(t.gap(end), " "))
	if u, ok := signs[sign]; ok && (end == len(t.tokens) || !isDigit(t.word(end)[0])) {
		v.unit = u
		return v, took
	}
	word := t.word(end)
	if sign == '°' || (word == "degree" || word == "degrees") && t.isNext(end) {
		return t.degrees(v, took, end)
	}
	if u, ok := units[word]; ok && t.isNext(end) {
		v.unit = u
		return v, took + 1
	}
	return v, took
}

// degrees takes in "°C", "degrees Fahrenheit"; degrees of neither have no unit.
func (t *Text) degrees(v value, took, end int) (value, int) {
	for ; strings.HasPrefix(t.word(end), "degree"); end++ {
		took++
	}
	switch t.word(end) {
	case "c", "celsius", "centigrade":
		v.unit, took = celsius, took+1
	case "f", "fahrenheit":
		v.unit, took = fahrenheit, took+1
	}
	return v, took
}

// isNext reports whether nothing but a space or a hyphen parts a word from the
// one in front of it.
func (t *Text) isNext(at int) bool {
	gap := strings.Trim(t.gap(at), " \t\u00a0")
	return at < len(t.tokens) && (gap == "" || gap == "-")
}

var shortScales = map[string]float64{"k": 1e3, "mn": 1e6, "bn": 1e9}

var scales = map[string]float64{"hundred": 100, "thousand": 1e3, "lakh": 1e5, "lakhs": 1e5, "million": 1e6, "crore": 1e7, "crores": 1e7, "billion": 1e9,
	"trillion": 1e12, "dozen": 12}

var moneyScales = map[string]float64{"m": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9}
