package main

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseBytes(t *testing.T) {
	for text, want := range map[string]Bytes{
		"0": 0, "512": 512, "512B": 512, "20MB": 20_000_000, "64MiB": 64 << 20, "4GiB": 4 << 30, "1.5KiB": 1536, "2 kB": 2000, "1TB": 1e12,
	} {
		if got, err := parseBytes(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "MB", "-1", "1 2MB", "lots", "NaN", "1e30TB", "20mb", "9223372036854775808"} {
		if got, err := parseBytes(text); err == nil {
			t.Errorf("%q was taken as %d", text, got)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{"250ms": 250 * time.Millisecond, "24h": 24 * time.Hour, "7d": 168 * time.Hour, "1h30m": 90 * time.Minute, "0s": 0} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "24", "24 hours", "1.5d", "-1d", "999999999999d", "d"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q was taken as %s", text, got)
		}
	}
}

// TestUnitsRoundTrip writes values and reads them again.
func TestUnitsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := Bytes(rapid.Int64Range(0, 1<<53).Draw(t, "size"))
		if got, err := parseBytes(size.String()); err != nil || got != size {
			t.Fatalf("%d is written %s and read %d, %v", size, size, got, err)
		}
		d := time.Duration(rapid.Int64Range(0, math.MaxInt64).Draw(t, "duration"))
		if rapid.Bool().Draw(t, "round") {
			d = d.Truncate(time.Hour)
		}
		if got, err := parseDuration(formatDuration(d)); err != nil || got != d {
			t.Fatalf("%s is written %s and read %s, %v", d, formatDuration(d), got, err)
		}
	})
}

func TestSecretIsNotPrinted(t *testing.T) {
	s := Secret("sk-secret")
	for _, format := range []string{"%v", "%s", "%+v", "%#v", "%q"} {
		type holder struct{ Key Secret }
		if got := fmt.Sprintf(format, holder{s}); got == fmt.Sprintf(format, struct{ Key string }{"sk-secret"}) {
			t.Errorf("%s prints %s", format, got)
		}
	}
}
