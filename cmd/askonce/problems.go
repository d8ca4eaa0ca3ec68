// All that is wrong with a configuration, collected and told at once.

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// origin is what set a value: a line of a file, a variable, a flag. The zero
// origin is a default.
type origin struct {
	name string
	line int // 0 where there are none
}

// String is the origin as compilers write it.
func (o origin) String() string {
	if o.line == 0 {
		return o.name
	}
	return o.name + ":" + strconv.Itoa(o.line)
}

// origins are those of keys, by path.
type origins map[string]origin

// of is the origin of a key or, where it was not set itself, of what holds it.
func (os origins) of(path string) origin {
	for path != "" {
		if o, ok := os[path]; ok {
			return o
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return origin{}
}

// problem is one thing that is wrong.
type problem struct {
	where origin
	key   string // path of the key
	text  string // what is wrong and the way out
}

// String is the problem on one line.
func (p problem) String() string {
	parts := make([]string, 0, 3)
	for _, part := range []string{p.where.String(), p.key, p.text} {
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

// orNil is the error, in the order of the file's lines, or nil for an empty
// list.
func (ps problems) orNil() error {
	if len(ps) == 0 {
		return nil
	}
	slices.SortStableFunc(ps, func(a, b problem) int {
		return cmp.Or(compareBool(b.where.line > 0, a.where.line > 0), cmp.Compare(a.where.line, b.where.line))
	})
	return ps
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
