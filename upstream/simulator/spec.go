// Limits as a line of text, for flags.

package simulator

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const specExample = `write them like "requests=500/1m,tokens=30000/1m:token_bucket:burst=10000,requests=200/24h,calls=8"`

// ParseLimits reads a list such as
//
//	requests=500/1m,tokens=30000/1m:token_bucket:burst=10000,requests=200/24h,calls=8
//
// A window can be left out and is a minute then. It returns every problem at
// once.
func ParseLimits(spec string) ([]Limit, error) {
	var list []Limit
	var problems []error
	for part := range strings.SplitSeq(spec, ",") {
		l, err := parseLimit(strings.TrimSpace(part))
		if err != nil {
			problems = append(problems, fmt.Errorf("%q: %w", part, err))
		}
		list = append(list, l)
	}
	if len(problems) == 0 {
		problems = append(problems, validateLimits(list))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("%w; %s", err, specExample)
	}
	return list, nil
}

// parseLimit reads UNIT=AMOUNT[/WINDOW][:COUNTING][:burst=N].
func parseLimit(part string) (Limit, error) {
	unit, rest, found := strings.Cut(part, "=")
	if !found {
		return Limit{}, errors.New("has no '='")
	}
	l := Limit{Unit: Unit(unit)}
	words := strings.Split(rest, ":")
	amount, window, windowed := strings.Cut(words[0], "/")
	var err error
	if l.Amount, err = strconv.ParseInt(strings.ReplaceAll(amount, "_", ""), 10, 64); err != nil {
		return l, fmt.Errorf("the amount %q is not a whole number", amount)
	}
	if windowed {
		if l.Window, err = time.ParseDuration(window); err != nil {
			return l, fmt.Errorf("the window %q is not a duration such as 1m or 24h", window)
		}
	}
	for _, word := range words[1:] {
		burst, isBurst := strings.CutPrefix(word, "burst=")
		if !isBurst {
			l.Counting = Counting(word)
			continue
		}
		if l.Burst, err = strconv.ParseInt(strings.ReplaceAll(burst, "_", ""), 10, 64); err != nil {
			return l, fmt.Errorf("the burst %q is not a whole number", burst)
		}
	}
	return l, nil
}
