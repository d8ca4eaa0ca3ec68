// The limits of the simulated provider, as flags.

package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/simulator"
)

// SimulatedLimits are the flags for what the simulated provider allows.
type SimulatedLimits struct {
	Limits   string                 `help:"What each key may use of each model: a preset's name or a list, see below." placeholder:"PRESET|LIST"`
	Counting simulator.Counting     `help:"How all windows are counted, instead of what the preset or the list says: ${enum}." enum:"declared,token_bucket,sliding_window,fixed_window,first_use_window" default:"declared"`
	Charge   simulator.Charge       `help:"When tokens are counted: ${enum}." enum:"settled,max_tokens,usage" default:"settled"`
	Headers  simulator.HeaderSyntax `help:"How answers tell how the limits stand: ${enum}." enum:"openai,anthropic,none" default:"openai"`
	Retry    simulator.RetryHint    `help:"How refusals say when to come back: ${enum}." enum:"seconds,date,ms,none" default:"seconds"`
}

// declared is the --counting that leaves every limit its own.
const declared = "declared"

// set puts the flags into opts.
func (f SimulatedLimits) set(opts *simulator.Options) (err error) {
	opts.Charge, opts.Headers, opts.RetryHint = f.Charge, f.Headers, f.Retry
	if f.Limits == "" {
		return nil
	}
	if opts.Limits, err = simulatedLimits(f.Limits); err != nil {
		return problems{{key: "--limits", text: err.Error()}}
	}
	for i := range opts.Limits {
		if l := &opts.Limits[i]; f.Counting != declared && l.Unit != simulator.Calls {
			l.Counting = f.Counting
			if l.Counting != simulator.TokenBucket {
				l.Burst = 0
			}
		}
	}
	return nil
}

// simulatedLimits reads a preset's name, or a list of limits.
func simulatedLimits(spec string) ([]simulator.Limit, error) {
	if strings.Contains(spec, "=") {
		return simulator.ParseLimits(spec)
	}
	preset, err := limit.Lookup(spec)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w A list looks like tokens=30000/1m,calls=8", err)
	case preset.Custom:
		return nil, errors.New("the preset " + spec + " has no figures of its own: " + preset.Note)
	}
	var list []simulator.Limit
	for _, axis := range preset.Axes {
		list = append(list, simulatedLimit(axis))
	}
	return list, nil
}

// simulatedLimit is an axis of a preset in the simulator's words.
func simulatedLimit(axis limit.Axis) simulator.Limit {
	unit := map[limit.Unit]simulator.Unit{
		limit.Requests: simulator.Requests, limit.TotalTokens: simulator.Tokens, limit.InputTokens: simulator.InputTokens,
		limit.OutputTokens: simulator.OutputTokens, limit.Calls: simulator.Calls,
	}[axis.Unit]
	l := simulator.Limit{Unit: unit, Amount: axis.Rule.Limit, Window: axis.Rule.Window, Burst: axis.Rule.Burst}
	switch axis.Rule.Counting {
	case limit.TokenBucket:
		l.Counting = simulator.TokenBucket
	case limit.FixedWindow:
		l.Counting = simulator.FixedWindow
	case limit.FirstUseWindow:
		l.Counting = simulator.FirstUseWindow
	case limit.SlidingWindow:
		l.Counting = simulator.SlidingWindow
	case limit.UTCDay:
		l.Counting, l.Window = simulator.FixedWindow, 24*time.Hour
	case limit.RollingDay:
		l.Counting, l.Window = simulator.SlidingWindow, 24*time.Hour
	case limit.Concurrency:
		l.Window = 0
	}
	return l
}
