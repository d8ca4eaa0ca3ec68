// Tags packed into one string: most points have none, and a slice header for
// each would weigh more than the tags.

package flat

import "encoding/binary"

// PackTags joins tags, each behind its length.
func PackTags(tags []string) string {
	if len(tags) == 0 {
		return ""
	}
	var packed []byte
	for _, tag := range tags {
		packed = binary.AppendUvarint(packed, uint64(len(tag)))
		packed = append(packed, tag...)
	}
	return string(packed)
}

// hasTags reports whether all of want are among the packed tags.
func hasTags(packed string, want []string) bool {
	for _, tag := range want {
		if !hasTag(packed, tag) {
			return false
		}
	}
	return true
}

func hasTag(packed, want string) bool {
	for packed != "" {
		size, rest := cutLength(packed)
		if size > len(rest) {
			return false
		}
		if rest[:size] == want {
			return true
		}
		packed = rest[size:]
	}
	return false
}

// cutLength reads the length in front of a tag.
func cutLength(packed string) (int, string) {
	var size, shift int
	for i := range len(packed) {
		size |= int(packed[i]&0x7f) << shift
		if packed[i] < 0x80 || shift > 28 {
			return size, packed[i+1:]
		}
		shift += 7
	}
	return 0, ""
}
