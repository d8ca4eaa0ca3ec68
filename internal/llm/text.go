// Strings: unescaping, and the order of member names.

package llm

import (
	"bytes"
	"cmp"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// unquote is the content of a JSON string that was checked before.
func unquote(quoted []byte) []byte {
	out := make([]byte, 0, len(quoted))
	for rest := quoted[1 : len(quoted)-1]; ; {
		plain := bytes.IndexByte(rest, '\\')
		if plain < 0 {
			return append(out, rest...)
		}
		out = append(out, rest[:plain]...)
		r, size := unescape(rest[plain:])
		out = utf8.AppendRune(out, r)
		rest = rest[plain+size:]
	}
}

// unescape reads the escape sequence at the start of s, which was checked
// before: the rune it stands for, and how many bytes it takes. A surrogate pair
// is one rune.
func unescape(s []byte) (r rune, size int) {
	switch s[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r = hexRune(s[2:6])
		if utf16.IsSurrogate(r) && len(s) >= 12 && s[6] == '\\' {
			return utf16.DecodeRune(r, hexRune(s[8:12])), 12
		}
		return r, 6
	}
	return rune(s[1]), 2
}

// hexRune is the number that four hexadecimal digits write.
func hexRune(digits []byte) rune {
	n, _ := strconv.ParseUint(string(digits), 16, 32) // four digits by the JSON grammar
	return rune(n)
}

// compareUTF16 orders names by their UTF-16 code units, as RFC 8785 section
// 3.2.3 asks. That is the order of their UTF-8 bytes, except that what takes
// surrogates (lead bytes from F0) comes before U+E000 to U+FFFF (EE and EF).
func compareUTF16(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		if x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0) {
			return cmp.Compare(y, x)
		}
		return cmp.Compare(x, y)
	}
	return cmp.Compare(len(a), len(b))
}
