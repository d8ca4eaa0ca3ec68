// Numbers in their one canonical form, without loss.

package llm

import "strconv"

// appendNumber appends a JSON number in the form of ECMAScript's
// Number::toString, which RFC 8785 prescribes, but from the decimal digits
// themselves and not from the nearest double: 1.0 and 1e0 become 1, and
// 9007199254740993 stays apart from 9007199254740992. What is appended always
// denotes exactly the number given, so two different numbers never meet.
func appendNumber(dst, number []byte) []byte {
	d, ok := decimalOf(number)
	if !ok {
		return append(dst, number...)
	}
	if len(d.digits) == 0 {
		return append(dst, '0')
	}
	if d.negative {
		dst = append(dst, '-')
	}
	return d.append(dst)
}

// A decimal is 0.DIGITS times ten to the power of point; no digits are zero.
// The first and the last digit are not 0, so that the form is unique.
type decimal struct {
	negative bool
	digits   []byte
	point    int64
}

// maxExponentDigits is what an exponent may have and still be computed with.
const maxExponentDigits = 17

// decimalOf reads a number that was checked before. ok is false if its
// exponent is too large to compute with.
func decimalOf(number []byte) (d decimal, ok bool) {
	if number[0] == '-' {
		d.negative = true
		number = number[1:]
	}
	mantissa, exponent := number, int64(0)
	for i, c := range number {
		if c == 'e' || c == 'E' {
			mantissa = number[:i]
			if len(number)-i-2 > maxExponentDigits {
				return d, false
			}
			exponent, _ = strconv.ParseInt(string(number[i+1:]), 10, 64) // digits by the JSON grammar
			break
		}
	}
	d.digits, d.point = digitsOf(mantissa)
	d.point += exponent
	return d, true
}

// digitsOf strips a mantissa of its point and its outer zeros. It copies only
// if there is a point between digits.
func digitsOf(mantissa []byte) (digits []byte, point int64) {
	whole, fraction := mantissa, []byte(nil)
	for i, c := range mantissa {
		if c == '.' {
			whole, fraction = mantissa[:i], mantissa[i+1:]
			break
		}
	}
	for len(fraction) > 0 && fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	point = int64(len(whole))
	digits = whole
	if len(fraction) > 0 {
		digits = append(append(make([]byte, 0, len(mantissa)), whole...), fraction...)
	}
	for len(digits) > 0 && digits[0] == '0' {
		digits = digits[1:]
		point--
	}
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	return digits, point
}

// append writes the decimal by the five cases of ECMA-262, Number::toString.
func (d decimal) append(dst []byte) []byte {
	n := int64(len(d.digits))
	switch {
	case n <= d.point && d.point <= 21:
		return appendZeros(append(dst, d.digits...), d.point-n)
	case 0 < d.point && d.point <= 21:
		dst = append(append(dst, d.digits[:d.point]...), '.')
		return append(dst, d.digits[d.point:]...)
	case -6 < d.point && d.point <= 0:
		return append(appendZeros(append(dst, "0."...), -d.point), d.digits...)
	}
	dst = append(dst, d.digits[0])
	if n > 1 {
		dst = append(append(dst, '.'), d.digits[1:]...)
	}
	dst = append(dst, 'e')
	if d.point > 0 {
		dst = append(dst, '+')
	}
	return strconv.AppendInt(dst, d.point-1, 10)
}

// appendZeros appends n zeros; n is at most 21.
func appendZeros(dst []byte, n int64) []byte {
	const zeros = "000000000000000000000"
	return append(dst, zeros[:n]...)
}
