// Times of day.

package guard

import "strings"

// readClock reads a time of day: "5 pm", "5:30", "17:00", "5.30 p.m.".
func (t *Text) readClock(at int, word string) int {
	number, suffix := cutNumber(word)
	half, took := t.halfOfDay(at, suffix)
	hours, minutes, ok := cutTime(number, half)
	if !ok || suffix != "" && half == "" {
		return 0
	}
	hour := small(hours)
	m := moment{kind: clock, plain: hour, weight: hard}
	switch half {
	case "am":
		hour %= 12
	case "pm":
		hour = hour%12 + 12
	}
	m.at = (60*hour + minutes) % 1440
	m.or = m.at
	if half != "am" && half != "pm" && hour >= 1 && hour <= 12 && hours[0] != '0' {
		m.or = (m.at + 720) % 1440
	}
	t.moments = append(t.moments, m)
	return took
}

// cutTime parts hours from minutes, which may be missing, or stand behind a
// point, where "am" or "pm" tell that it is a time.
func cutTime(number, half string) (hours string, minutes int, ok bool) {
	hours, rest, exact := strings.Cut(number, ":")
	if !exact && half != "" {
		hours, rest, exact = strings.Cut(number, ".")
	}
	rest, _, _ = strings.Cut(rest, ":") // seconds
	if hour := small(hours); hour > 24 || hour == 0 && strings.Trim(hours, "0") != "" {
		return "", 0, false
	}
	minutes = small(rest)
	return hours, minutes, minutes < 60 && (exact && len(rest) == 2 || !exact && half != "")
}

// halfOfDay is "am", "pm" or "o'clock" behind a number, and how many words
// they take together.
func (t *Text) halfOfDay(at int, suffix string) (half string, took int) {
	next := t.word(at + 1)
	switch {
	case suffix == "am" || suffix == "pm":
		return suffix, 1
	case suffix != "" || !t.isNext(at+1):
	case next == "am" || next == "pm" || next == "o'clock":
		return next, 2
	case (next == "a" || next == "p") && t.word(at+2) == "m" && t.gap(at+2) == ".":
		return next + "m", 3
	}
	return "", 1
}
