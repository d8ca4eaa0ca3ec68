// Where values of valid JSON end. It is skipped over, not read: bodies are mostly
// long texts, and most of these are not looked into.

package prefix

import "strings"

// space is the first place from i on that holds no white space.
func space(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return min(i, len(s))
}

// valueEnd is where the value ends that begins at i.
func valueEnd(s string, i int) int {
	if i >= len(s) {
		return len(s)
	}
	switch s[i] {
	case '"':
		return stringEnd(s, i)
	case '{', '[':
		return nestedEnd(s, i)
	}
	if n := strings.IndexAny(s[i:], ",]} \n\t\r"); n >= 0 {
		return i + n
	}
	return len(s)
}

// stringEnd is where the string ends that begins at i.
func stringEnd(s string, i int) int {
	for i++; ; i++ {
		n := strings.IndexByte(s[i:], '"')
		if n < 0 {
			return len(s)
		}
		i += n
		slashes := i
		for s[slashes-1] == '\\' {
			slashes--
		}
		if (i-slashes)%2 == 0 { // else the quote is escaped; the string's first byte is none
			return i + 1
		}
	}
}

// nestedEnd is where the object or array ends that begins at i.
func nestedEnd(s string, i int) int {
	for depth := 0; i < len(s); {
		switch s[i] {
		case '"':
			i = stringEnd(s, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return len(s)
}
