// All that is wrong with a configuration, collected and told at once.

package main

import (
	"fmt"
	"strings"
)

// problem is one thing that is wrong.
type problem struct {
	where string // the file and line, the variable or the flag that set it; "" for a default
	key   string // path of the key
	text  string // what is wrong and the way out
}

// String is the problem on one line.
func (p problem) String() string {
	parts := make([]string, 0, 3)
	for _, part := range []string{p.where, p.key, p.text} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

// problems is a list of them and an error if it is not empty.
type problems []problem

// Error lists the problems, one on a line.
func (ps problems) Error() string {
	if len(ps) == 1 {
		return "the configuration has a problem:\n  " + ps[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the configuration has %d problems:", len(ps))
	for _, p := range ps {
		b.WriteString("\n  ")
		b.WriteString(p.String())
	}
	return b.String()
}

// orNil is the error, or nil for an empty list.
func (ps problems) orNil() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}
