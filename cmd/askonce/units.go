// Values of the configuration: durations, sizes, secrets, as people write them.

package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Bytes is a size, written as 20MB (powers of 1000), 64MiB (of 1024) or a
// plain number of bytes.
type Bytes int64

var byteUnits = []struct {
	suffix string
	size   int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
}

// String writes the size in the largest unit that divides it.
func (b Bytes) String() string {
	best := strconv.FormatInt(int64(b), 10)
	for _, unit := range byteUnits {
		if unit.size > 1 && b != 0 && int64(b)%unit.size == 0 {
			if s := strconv.FormatInt(int64(b)/unit.size, 10) + unit.suffix; len(s) < len(best) {
				best = s
			}
		}
	}
	return best
}

func parseBytes(text string) (Bytes, error) {
	number, size := text, int64(1)
	for _, unit := range byteUnits {
		if rest, ok := strings.CutSuffix(text, unit.suffix); ok {
			number, size = strings.TrimSpace(rest), unit.size
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	total := n * float64(size)
	if err != nil || math.IsNaN(total) || total < 0 || total >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is not a size; write one such as 20MB, 64MiB or 4GiB", text)
	}
	return Bytes(math.Round(total)), nil
}

// parseDuration reads what time.ParseDuration reads, and whole days.
func parseDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n <= 36500 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration; write one such as 250ms, 90s, 24h or 7d", text)
	}
	return d, nil
}

// formatDuration leaves out the zero parts that time.Duration writes, and
// counts in days from two on.
func formatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 2*day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Secret is a text that is never printed.
type Secret string

// String tells only whether there is one.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(set)"
}

// GoString keeps %#v from printing it.
func (s Secret) GoString() string { return s.String() }

// reveal is the secret itself.
func (s Secret) reveal() string { return string(s) }

// checkSecret refuses what cannot be sent in a header.
func checkSecret(s Secret) error {
	if strings.ContainsFunc(string(s), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("holds a character that a header cannot carry; look for a space, a quote or a line end")
	}
	return nil
}
