// What the names and numbers that callers send have to look like: one set of
// rules for headers and for the bodies of the REST API.

package policy

import (
	"fmt"
	"math"
	"time"
)

// Bounds of what a caller may send.
const (
	MaxNameLength = 128 // bytes of a namespace or a tag
	MaxTags       = 16  // on one entry or lookup

	MinTTL = time.Second
	MaxTTL = 365 * 24 * time.Hour
)

// Namespace checks the name of a namespace.
func Namespace(name string) error { return checkName("a namespace", name) }

// Tag checks one tag.
func Tag(tag string) error { return checkName("a tag", tag) }

// Tags checks a list of tags. The index is that of the tag at fault, or -1
// when it is the list.
func Tags(tags []string) (index int, err error) {
	if len(tags) > MaxTags {
		return -1, fmt.Errorf("at most %d tags, these are %d", MaxTags, len(tags))
	}
	for i, tag := range tags {
		if err := Tag(tag); err != nil {
			return i, err
		}
	}
	return -1, nil
}

// Threshold checks the least similarity that a caller asks for.
func Threshold(t float64) error {
	if math.IsNaN(t) || t <= 0 || t > 1 {
		return fmt.Errorf("a threshold is above 0 and at most 1, this one is %v", t)
	}
	return nil
}

// TTL turns a life time in seconds into a duration.
func TTL(seconds int64) (time.Duration, error) {
	const most = int64(MaxTTL / time.Second)
	if seconds < 1 || seconds > most {
		return 0, fmt.Errorf("a life time is 1 to %d seconds, this one is %d", most, seconds)
	}
	return time.Duration(seconds) * time.Second, nil
}

// checkName accepts [A-Za-z0-9][A-Za-z0-9._:/-]{0,127}: names that need no
// quoting in a header, a URL, a configuration file or a store's key.
func checkName(what, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%s is not empty", what)
	case len(name) > MaxNameLength:
		return fmt.Errorf("%s has at most %d characters, this one %d", what, MaxNameLength, len(name))
	case !alphanumeric(name[0]):
		return fmt.Errorf("%s begins with a letter or a digit", what)
	}
	for i := range len(name) {
		if !nameByte(name[i]) {
			return fmt.Errorf("%s is made of letters, digits and . _ : / -, the character at position %d is none of them", what, i+1)
		}
	}
	return nil
}

func nameByte(c byte) bool {
	switch c {
	case '.', '_', ':', '/', '-':
		return true
	}
	return alphanumeric(c)
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// Age turns the age of entries in seconds into a duration.
func Age(seconds int64) (time.Duration, error) {
	const most = int64(100 * MaxTTL / time.Second)
	if seconds < 0 || seconds > most {
		return 0, fmt.Errorf("an age is 0 to %d seconds, this one is %d", most, seconds)
	}
	return time.Duration(seconds) * time.Second, nil
}
