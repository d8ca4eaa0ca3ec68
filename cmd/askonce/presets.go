// `askonce presets`: the limits of providers' published tiers.

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/askonce/askonce/upstream/limit"
)

// PresetsCmd lists the presets.
type PresetsCmd struct {
	Filter string `arg:"" optional:"" help:"Only names that hold this text, such as openai or tier-1."`
	JSON   bool   `name:"json" help:"As JSON, with the source and the date of every figure."`
}

// Help is shown below the flags.
func (PresetsCmd) Help() string {
	return `A preset is named where a deployment's limits are configured; single axes can be overridden there.
The figures are those of the date shown: compare them with the provider's page, which says what holds.

Examples:
  askonce presets
  askonce presets anthropic
  askonce presets gpt-4o/tier --json`
}

// Run prints the table or the list.
func (c PresetsCmd) Run(p *process) error {
	list := slices.DeleteFunc(limit.Presets(), func(p limit.Preset) bool {
		return !strings.Contains(p.Name, strings.ToLower(c.Filter))
	})
	if len(list) == 0 {
		_, err := limit.Lookup(c.Filter)
		return err
	}
	if c.JSON {
		return printPresetsJSON(p.Stdout, list)
	}
	printPresets(p.Stdout, list)
	return nil
}

// presetShown is a preset as --json shows it.
type presetShown struct {
	Name   string      `json:"name"`
	Source string      `json:"source"`
	Date   string      `json:"date"`
	Custom bool        `json:"custom"`
	Note   string      `json:"note,omitempty"`
	Axes   []axisShown `json:"axes"`
}

type axisShown struct {
	Name     string  `json:"name"`
	Unit     string  `json:"unit"`
	Limit    int64   `json:"limit"`
	Seconds  float64 `json:"window_seconds,omitempty"`
	Counting string  `json:"counting"`
	Burst    int64   `json:"burst,omitempty"`
}

func printPresetsJSON(w io.Writer, list []limit.Preset) error {
	shown := make([]presetShown, len(list))
	for i, p := range list {
		shown[i] = presetShown{Name: p.Name, Source: p.Source, Date: p.Date, Custom: p.Custom, Note: p.Note, Axes: []axisShown{}}
		for _, a := range p.Axes {
			axis := axisShown{
				Name: a.Name, Unit: a.Unit.String(), Limit: a.Rule.Limit, Counting: a.Rule.Counting.String(), Burst: a.Rule.Burst,
			}
			if a.Rule.Counting != limit.Concurrency {
				axis.Seconds = a.Rule.Span().Seconds()
			}
			shown[i].Axes = append(shown[i].Axes, axis)
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(shown)
}

func printPresets(w io.Writer, list []limit.Preset) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "preset\trequests/min\ttokens/min\trequests/day\tcounted\tof")
	for _, p := range list {
		counted := "-"
		if len(p.Axes) > 0 {
			counted = p.Axes[0].Rule.Counting.String()
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", p.Name,
			figures(p, limit.Requests), tokenFigures(p), dayFigures(p), counted, p.Date)
	}
	table.Flush()
}

func figures(p limit.Preset, units ...limit.Unit) string {
	if p.Custom {
		return "custom"
	}
	var list []string
	for _, a := range p.Axes {
		if slices.Contains(units, a.Unit) && a.Rule.Span().Hours() < 24 && a.Rule.Counting != limit.Concurrency {
			list = append(list, grouped(a.Rule.Limit))
		}
	}
	return orDash(strings.Join(list, " + "))
}

// tokenFigures are those of both kinds of tokens together or, where they are
// limited apart, input and output in this order.
func tokenFigures(p limit.Preset) string {
	return figures(p, limit.TotalTokens, limit.InputTokens, limit.OutputTokens)
}

func dayFigures(p limit.Preset) string {
	for _, a := range p.Axes {
		if a.Unit == limit.Requests && a.Rule.Span().Hours() >= 24 {
			return grouped(a.Rule.Limit)
		}
	}
	return "-"
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// grouped writes n with a comma between thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
