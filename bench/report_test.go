package main

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func sample() *report {
	var r report
	r.add("exact_over_echo", spreadOf([]float64{.7, .9, .80004}), "", "hits over echo")
	r.add("search_us.1k", once(12.3456), "us", "a search")
	r.missing("search_us.10k", "another", "no room")
	r.fact("cores", 2, "cores")
	return &r
}

func TestJSONIsOneObjectWithNulls(t *testing.T) {
	var out bytes.Buffer
	if err := sample().json(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Count(out.String(), "\n") != 1 {
		t.Errorf("more than one line: %q", out.String())
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"exact_over_echo": .8,
		"search_us":       map[string]any{"1k": 12.35, "10k": nil},
		"cores":           2.,
		"not_measured":    map[string]any{"search_us.10k": "no room"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestTableTellsSpreadAndWhatIsMissing(t *testing.T) {
	var out bytes.Buffer
	if err := sample().table(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"0.8 ", "3 (0.7 to 0.9)", "12.35", "not measured: no room", "cores: 2", "share this machine"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func TestSpread(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   spread
	}{
		{[]float64{5}, spread{5, 5, 5, 1}},
		{[]float64{9, 1}, spread{5, 1, 9, 2}},
		{[]float64{3, 1, 2}, spread{2, 1, 3, 3}},
	} {
		if got := spreadOf(test.values); got != test.want {
			t.Errorf("%v: %+v, want %+v", test.values, got, test.want)
		}
	}
}

func TestRoundedKeepsFourDigits(t *testing.T) {
	for value, want := range map[float64]float64{0: 0, 123456: 123500, .00123456: .001235, -98.7654: -98.77, 1: 1} {
		if got := rounded(value); got != want {
			t.Errorf("%v becomes %v, want %v", value, got, want)
		}
	}
}

func TestChooseNamesTheSections(t *testing.T) {
	chosen, err := choose("start,exact")
	if err != nil || len(chosen) != 2 || chosen[0].name != "exact" {
		t.Errorf("%v, %v", chosen, err)
	}
	if all, err := choose(""); err != nil || len(all) != len(sections) {
		t.Errorf("%d of %d sections, %v", len(all), len(sections), err)
	}
	if _, err := choose("start,speed"); err == nil || !strings.Contains(err.Error(), "semantic") {
		t.Errorf("an unknown section: %v", err)
	}
}
