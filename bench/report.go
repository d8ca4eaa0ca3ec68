// The report: figures in the order they were measured, as a table and as one
// JSON object.

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// figure is one line of the report.
type figure struct {
	field string // its name in JSON; a dot makes an object of the part before it
	value spread
	unit  string
	what  string
	why   string // why it was not measured; "" if it was
}

// spread is a figure over several rounds.
type spread struct {
	median, low, high float64
	rounds            int
}

// once is a figure that was taken one time.
func once(value float64) spread { return spread{value, value, value, 1} }

type report struct {
	figures []figure
	facts   []fact // of the run and the machine
}

type fact struct {
	field string
	value any
	what  string
}

func (r *report) add(field string, value spread, unit, what string) {
	r.figures = append(r.figures, figure{field: field, value: value, unit: unit, what: what})
}

// missing notes a figure that could not be measured here, and why.
func (r *report) missing(field, what, why string) {
	r.figures = append(r.figures, figure{field: field, what: what, why: why})
}

// missingAll notes several that are missing for one reason.
func (r *report) missingAll(fields []string, why string) {
	for _, field := range fields {
		r.missing(field, "", why)
	}
}

func (r *report) fact(field string, value any, what string) {
	r.facts = append(r.facts, fact{field, value, what})
}

// table writes the report for people.
func (r *report) table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "FIELD\tVALUE\tUNIT\tROUNDS (LOW TO HIGH)\tWHAT")
	for _, f := range r.figures {
		if f.why != "" {
			fmt.Fprintf(t, "%s\t-\t\t\tnot measured: %s\n", f.field, f.why)
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", f.field, short(f.value.median), f.unit, f.value.around(), f.what)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, f := range r.facts {
		if _, err := fmt.Fprintf(w, "%s: %v\n", f.what, f.value); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, "Generator and servers share this machine: read the ratios and differences, not the rates.")
	return err
}

// around is what the median was taken of.
func (s spread) around() string {
	if s.rounds < 2 {
		return ""
	}
	return fmt.Sprintf("%d (%s to %s)", s.rounds, short(s.low), short(s.high))
}

// json writes the report on one line: a number for each figure, null for those
// that are missing, with the reasons under not_measured.
func (r *report) json(w io.Writer) error {
	all := make(map[string]any)
	reasons := make(map[string]string)
	for _, f := range r.figures {
		var value any
		if f.why == "" {
			value = rounded(f.value.median)
		} else {
			reasons[f.field] = f.why
		}
		put(all, f.field, value)
	}
	for _, f := range r.facts {
		all[f.field] = f.value
	}
	if len(reasons) > 0 {
		all["not_measured"] = reasons
	}
	line, err := json.Marshal(all)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", line)
	return err
}

func put(all map[string]any, field string, value any) {
	name, rest, nested := strings.Cut(field, ".")
	if !nested {
		all[name] = value
		return
	}
	inner, ok := all[name].(map[string]any)
	if !ok {
		inner = make(map[string]any)
		all[name] = inner
	}
	put(inner, rest, value)
}

const digits = 4 // that a figure is shown with; more would be noise

func rounded(value float64) float64 {
	if value == 0 || math.IsInf(value, 0) || math.IsNaN(value) {
		return 0
	}
	scale := math.Pow(10, float64(digits-1)-math.Floor(math.Log10(math.Abs(value))))
	return math.Round(value*scale) / scale
}

func short(value float64) string { return strconv.FormatFloat(rounded(value), 'f', -1, 64) }
