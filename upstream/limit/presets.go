// The limits of providers' published tiers, by name, out of presets.yaml.

package limit

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/askonce/askonce/internal/spelling"
)

//go:embed presets.yaml
var presetsYAML []byte

// Preset is one tier of one provider.
type Preset struct {
	Name   string // provider/model/tier, or provider/tier: "openai/gpt-4o/tier-1"
	Source string // where the provider publishes its tiers
	Date   string // when the figures were entered, such as 2026-11-23
	Custom bool   // the figures are agreed one by one; there are no axes
	Note   string
	Axes   []Axis
}

var presets = sync.OnceValues(func() ([]Preset, error) { return parsePresets(presetsYAML) })

// Presets returns all presets, in the file's order. The caller owns the list.
func Presets() []Preset {
	list, err := presets()
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return clonePresets(list)
}

// UnknownPresetError is a name that no preset has.
type UnknownPresetError struct {
	Name    string
	Nearest string // the preset's name that looks most like it
}

func (e *UnknownPresetError) Error() string {
	return fmt.Sprintf("no preset is called %q; did you mean %q?", e.Name, e.Nearest)
}

// Lookup returns the preset called name, or an *UnknownPresetError.
func Lookup(name string) (Preset, error) {
	unknown := &UnknownPresetError{Name: name}
	least := len(name) + 1<<10
	for _, p := range Presets() {
		if p.Name == name {
			return p, nil
		}
		if d := spelling.Distance(strings.ToLower(name), p.Name); d < least {
			unknown.Nearest, least = p.Name, d
		}
	}
	return Preset{}, unknown
}

// presetFile is a preset as the file writes it.
type presetFile struct {
	Name   string     `yaml:"name"`
	Source string     `yaml:"source"`
	Date   string     `yaml:"date"`
	Custom bool       `yaml:"custom"`
	Note   string     `yaml:"note"`
	Axes   []axisFile `yaml:"axes"`
}

type axisFile struct {
	Name     string        `yaml:"name"`
	Unit     Unit          `yaml:"unit"`
	Limit    int64         `yaml:"limit"`
	Window   time.Duration `yaml:"window"`
	Counting Counting      `yaml:"counting"`
	Burst    int64         `yaml:"burst"`
	AtEnd    bool          `yaml:"at_end"`
	Keeps    bool          `yaml:"keeps"`
}

// parsePresets reads a presets file, and returns every problem at once.
func parsePresets(text []byte) ([]Preset, error) {
	var files []presetFile
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&files); err != nil {
		return nil, fmt.Errorf("presets: %w", err)
	}
	var problems []error
	seen := make(map[string]bool, len(files))
	list := make([]Preset, len(files))
	for i, f := range files {
		list[i] = f.preset()
		if err := list[i].validate(); err != nil {
			problems = append(problems, fmt.Errorf("presets: %s: %w", f.Name, err))
		}
		if seen[f.Name] {
			problems = append(problems, fmt.Errorf("presets: %s: is there twice", f.Name))
		}
		seen[f.Name] = true
	}
	return list, errors.Join(problems...)
}

func (f presetFile) preset() Preset {
	p := Preset{Name: f.Name, Source: f.Source, Date: f.Date, Custom: f.Custom, Note: f.Note}
	for _, a := range f.Axes {
		p.Axes = append(p.Axes, Axis{Name: a.Name, Unit: a.Unit, Rule: Rule{
			Counting: a.Counting, Limit: a.Limit, Window: a.Window, Burst: a.Burst, AtEnd: a.AtEnd, Keeps: a.Keeps,
		}})
	}
	return p
}

func (p Preset) validate() error {
	problems := []error{Validate(p.Axes)}
	if p.Name == "" || p.Source == "" {
		problems = append(problems, errors.New("name and source: are required"))
	}
	if _, err := time.Parse(time.DateOnly, p.Date); err != nil {
		problems = append(problems, fmt.Errorf("date: %w", err))
	}
	if p.Custom != (len(p.Axes) == 0) {
		problems = append(problems, errors.New("axes: are required, and none if custom"))
	}
	return errors.Join(problems...)
}

func clonePresets(list []Preset) []Preset {
	list = append([]Preset(nil), list...)
	for i := range list {
		list[i].Axes = append([]Axis(nil), list[i].Axes...)
	}
	return list
}
