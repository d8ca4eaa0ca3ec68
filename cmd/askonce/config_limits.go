// Limits in the configuration: a preset by name, and figures that override it.

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/askonce/askonce/upstream/limit"
)

// LimitsConfig is what a deployment or a tenant may use. A figure of 0 is the
// preset's, or no such limit.
type LimitsConfig struct {
	Preset string `yaml:"preset"` // see `askonce presets`

	RPM       int `yaml:"rpm"`        // requests per minute
	TPM       int `yaml:"tpm"`        // tokens per minute, input and output together
	InputTPM  int `yaml:"input_tpm"`  // and apart
	OutputTPM int `yaml:"output_tpm"` //
	RPD       int `yaml:"rpd"`        // requests per day

	Concurrency int `yaml:"concurrency"` // calls at a time

	// Counting is how minutes are counted: sliding_window, token_bucket,
	// fixed_window, first_use_window. "" is the preset's, or sliding_window.
	Counting string `yaml:"counting"`

	// Day is how days are counted: rolling or utc. "" is the preset's, or
	// rolling.
	Day string `yaml:"day"`

	// ChargesMaxTokens says that a request is charged all the tokens that it
	// allows for its answer, used or not.
	ChargesMaxTokens bool `yaml:"charges_max_tokens"`

	// Slack is how much the way of two calls to the provider may differ. 0 is
	// 200 ms for a deployment, none for a tenant.
	Slack time.Duration `yaml:"slack"`
}

// axes are the limits, in order, with slack where the configuration names
// none. The error has a problem for each key that is wrong.
func (l LimitsConfig) axes(slack time.Duration) ([]limit.Axis, error) {
	var problems []error
	b := axisList{config: l}
	if l.Preset != "" {
		preset, err := limit.Lookup(l.Preset)
		if err != nil {
			problems = append(problems, keyError("preset", err))
		}
		b.axes = preset.Axes
	}
	if l.Slack != 0 {
		slack = l.Slack
	}
	problems = append(problems, b.readCounting(), b.readDay())
	for _, figure := range l.figures() {
		if figure.n < 0 {
			problems = append(problems, keyError(figure.key, fmt.Errorf("%d is below 0; leave it out where there is no limit", figure.n)))
		}
		if figure.n > 0 {
			b.set(figure.axis, int64(figure.n))
		}
	}
	for i := range b.axes {
		b.axes[i].Rule.Slack = slack
		if unit := b.axes[i].Unit; l.ChargesMaxTokens && (unit == limit.OutputTokens || unit == limit.TotalTokens) {
			b.axes[i].Rule.Keeps = true
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return b.axes, limit.Validate(b.axes)
}

// figure is a number of the configuration, and the axis that it limits.
type figure struct {
	key  string
	n    int
	axis limit.Axis
}

func (l LimitsConfig) figures() []figure {
	return []figure{
		{"rpm", l.RPM, limit.Axis{Name: "requests", Unit: limit.Requests}},
		{"tpm", l.TPM, limit.Axis{Name: "tokens", Unit: limit.TotalTokens}},
		{"input_tpm", l.InputTPM, limit.Axis{Name: "input_tokens", Unit: limit.InputTokens}},
		{"output_tpm", l.OutputTPM, limit.Axis{Name: "output_tokens", Unit: limit.OutputTokens}},
		{"rpd", l.RPD, limit.Axis{Name: "day_requests", Unit: limit.Requests, Rule: limit.Rule{Counting: limit.RollingDay}}},
		{"concurrency", l.Concurrency, limit.Axis{Name: "concurrency", Unit: limit.Calls, Rule: limit.Rule{Counting: limit.Concurrency}}},
	}
}

// axisList is the axes while they are put together.
type axisList struct {
	config LimitsConfig
	axes   []limit.Axis
	minute limit.Counting // 0: not said
	day    limit.Counting // 0: not said
}

func (b *axisList) readCounting() error {
	if b.config.Counting == "" {
		return nil
	}
	err := b.minute.UnmarshalText([]byte(b.config.Counting))
	if err != nil || !slices.Contains(minuteCountings, b.minute) {
		return keyError("counting", fmt.Errorf("%q is none of %v", b.config.Counting, minuteCountings))
	}
	for i := range b.axes {
		if a := &b.axes[i]; slices.Contains(minuteCountings, a.Rule.Counting) {
			a.Rule.Counting, a.Rule.Burst = b.minute, 0
		}
	}
	return nil
}

var minuteCountings = []limit.Counting{limit.SlidingWindow, limit.TokenBucket, limit.FixedWindow, limit.FirstUseWindow}

func (b *axisList) readDay() error {
	switch b.config.Day {
	case "":
		return nil
	case "rolling":
		b.day = limit.RollingDay
	case "utc":
		b.day = limit.UTCDay
	default:
		return keyError("day", fmt.Errorf("%q is none of rolling, utc", b.config.Day))
	}
	for i := range b.axes {
		if a := &b.axes[i]; a.Rule.Counting == limit.RollingDay || a.Rule.Counting == limit.UTCDay {
			a.Rule.Counting = b.day
		}
	}
	return nil
}

// set limits an axis to n: the preset's, or a new one.
func (b *axisList) set(axis limit.Axis, n int64) {
	for i := range b.axes {
		if b.axes[i].Name == axis.Name {
			b.axes[i].Rule.Limit, b.axes[i].Rule.Burst = n, 0
			return
		}
	}
	axis.Rule.Limit = n
	switch axis.Rule.Counting {
	case 0:
		axis.Rule.Counting = limit.SlidingWindow
		if b.minute != 0 {
			axis.Rule.Counting = b.minute
		}
	case limit.RollingDay:
		if b.day != 0 {
			axis.Rule.Counting = b.day
		}
	}
	b.axes = append(b.axes, axis)
}

// badKey is what is wrong with one key of a part of the configuration.
type badKey struct {
	key string
	err error
}

func keyError(key string, err error) error { return &badKey{key, err} }

func (e *badKey) Error() string { return strings.TrimPrefix(e.key+": ", ": ") + e.err.Error() }
func (e *badKey) Unwrap() error { return e.err }

// checkLimits adds what is wrong with the limits under path.
func (c *checker) checkLimits(path string, l LimitsConfig) {
	_, err := l.axes(0)
	joined, ok := err.(interface{ Unwrap() []error })
	switch {
	case err == nil:
	case !ok:
		c.add(path, "%s", err)
	default:
		for _, err := range joined.Unwrap() {
			var bad *badKey
			if errors.As(err, &bad) {
				c.add(path+"."+bad.key, "%s", bad.err)
			} else {
				c.add(path, "%s", err)
			}
		}
	}
}
