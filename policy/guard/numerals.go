// Numbers in letters.

package guard

import "math"

// readSpelt reads a number in letters: "two hundred and fifty", "twenty-five",
// "a week", "half an hour".
func (t *Text) readSpelt(at int) int {
	n, took, weight := t.spelt(at)
	if t.word(at) == "half" && (t.word(at+1) == "a" || t.word(at+1) == "an") {
		n, took, weight = 0.5, 2, soft
	}
	if took == 0 {
		return 1
	}
	v := value{n: n, weight: weight, ordinal: ordinals[t.word(at+took-1)]}.times(1)
	if v.ordinal {
		v.weight = soft
		t.values = append(t.values, v)
		return took
	}
	v, end := t.measure(v, at, took)
	if (n < 1 || weight == faint && t.word(at) != "one") && v.unit == noUnit {
		return took // "a house"
	}
	t.values = append(t.values, v)
	return end
}

// spelt sums up the numerals at a place.
func (t *Text) spelt(at int) (n float64, took int, w weight) {
	var whole, part float64
	for {
		word := t.word(at + took)
		numeral, isNumeral := numerals[word]
		factor, isScale := scales[word]
		switch {
		case took > 0 && !t.isNext(at+took):
			return whole + part, took, w
		case isNumeral && (took == 0 || joins(part, numeral)):
			part += numeral
		case isScale && took > 0:
			if part *= factor; factor >= 1e3 {
				whole, part = whole+part, 0
			}
		case word == "and" && scales[t.word(at+took-1)] != 0 && took > 0 && numerals[t.word(at+took+1)] != 0:
		default:
			return whole + part, took, w
		}
		took++
		if w = soft; took == 1 && numeral == 1 {
			w = faint
		}
	}
}

// joins reports whether a numeral goes on a number: "twenty" "five", "two
// hundred" "fifty", and not "five" "six".
func joins(part, numeral float64) bool {
	return part == 0 || part >= 20 && math.Mod(part, 10) == 0 && numeral < 10 || math.Mod(part, 100) == 0 && numeral < 100
}

// numerals are the words for numbers. "One" and "a" are seldom meant as such.
var numerals = map[string]float64{
	"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
	"twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
	"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
	"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "twentieth": 20,
}

// ordinals are those of the numerals that count places.
var ordinals = map[string]bool{"first": true, "second": true, "third": true, "fourth": true, "fifth": true, "sixth": true, "seventh": true, "eighth": true,
	"ninth": true, "tenth": true, "eleventh": true, "twelfth": true, "twentieth": true}
