package main

import (
	"strings"
	"testing"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/simulator"
)

func TestPresetsOfTheSimulator(t *testing.T) {
	for _, p := range limit.Presets() {
		list, err := simulatedLimits(p.Name)
		if p.Custom {
			if err == nil || !strings.Contains(err.Error(), "no figures of its own") {
				t.Errorf("%s: %v", p.Name, err)
			}
			continue
		}
		if _, newErr := simulator.New(simulator.Options{Limits: list}); err != nil || newErr != nil || len(list) != len(p.Axes) {
			t.Errorf("%s became %v: %v, %v", p.Name, list, err, newErr)
		}
	}
}

func TestSimulatedLimits(t *testing.T) {
	list, err := simulatedLimits("openai/gpt-4o/tier-1")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"requests=500/1m:sliding_window", "tokens=30000/1m:sliding_window", "requests=10000/24h:sliding_window",
	} {
		if list[i].String() != want {
			t.Errorf("limit %d is %s, want %s", i, list[i], want)
		}
	}
	var opts simulator.Options
	flags := SimulatedLimits{Limits: "tokens=9/1m:token_bucket:burst=20,calls=2", Counting: simulator.FixedWindow}
	if err := flags.set(&opts); err != nil || opts.Limits[0].String() != "tokens=9/1m:fixed_window" || opts.Limits[1].String() != "calls=2" {
		t.Errorf("counted otherwise: %v, %v", opts.Limits, err)
	}
	for spec, want := range map[string]string{"openai/gpt4o/tier-1": `did you mean "openai/gpt-4o/tier-1"`, "tokens=x": "not a whole number"} {
		if err := (SimulatedLimits{Limits: spec}).set(&opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}
