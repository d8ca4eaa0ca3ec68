// Rounds: what is compared is measured in turn, again and again, so that what
// else happens on the machine meets all of it alike.

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/askonce/askonce/bench/load"
)

// side is one of the things that are compared.
type side struct {
	name   string
	server *process // whose processor time is counted; nil if nobody's is
	load   load.Options

	// run, unless it is nil, measures a round instead of load.Run.
	run func(context.Context) (*load.Result, error)
}

// measured is what one round found for one side.
type measured struct {
	*load.Result
	cpu time.Duration // of the server, for each answer; 0 if unknown
}

func (m measured) p50() float64 { return microseconds(m.Percentile(.50)) }
func (m measured) p99() float64 { return microseconds(m.Percentile(.99)) }

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// interleave measures every side once in each round; every other round goes
// through them backwards.
func interleave(ctx context.Context, rounds int, sides ...side) ([][]measured, error) {
	all := make([][]measured, rounds)
	for round := range all {
		all[round] = make([]measured, len(sides))
		for i := range sides {
			if round%2 == 1 {
				i = len(sides) - 1 - i
			}
			var err error
			if all[round][i], err = sides[i].measure(ctx); err != nil {
				return nil, fmt.Errorf("%s, round %d: %w", sides[i].name, round+1, err)
			}
		}
	}
	return all, nil
}

func (s side) measure(ctx context.Context) (measured, error) {
	run := s.run
	if run == nil {
		run = func(ctx context.Context) (*load.Result, error) { return load.Run(ctx, s.load) }
	}
	if s.server == nil {
		result, err := run(ctx)
		return measured{Result: result}, err
	}
	before, cpuErr := s.server.cpu()
	result, err := run(ctx)
	if err != nil {
		return measured{}, err
	}
	m := measured{Result: result}
	if after, err := s.server.cpu(); err == nil && cpuErr == nil {
		answers := len(result.Latencies) + s.load.Connections*s.load.Warmup
		m.cpu = (after - before) / time.Duration(answers)
	}
	return m, nil
}

// over takes a figure from each round and returns the median with its spread.
func over(rounds [][]measured, figure func(sides []measured) float64) spread {
	values := make([]float64, len(rounds))
	for i, sides := range rounds {
		values[i] = figure(sides)
	}
	return spreadOf(values)
}

// spreadOf sorts the values.
func spreadOf(values []float64) spread {
	slices.Sort(values)
	last := len(values) - 1
	return spread{
		median: (values[last/2] + values[(last+1)/2]) / 2,
		low:    values[0], high: values[last], rounds: len(values),
	}
}
