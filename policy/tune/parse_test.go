package tune

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	rows, err := Parse(strings.NewReader(`{"score": 0.91, "right": true}
{"score": null, "right": 0}

{"asked": "a?", "stored": "b?", "right": false}
{"a": "stored", "b": "asked", "label": 1, "split": "dev", "score": 0.3}
{"a": "stored", "b": "asked", "label": true}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{Score: 0.91, HasScore: true, Right: true},
		{},
		{Asked: "a?", Stored: "b?"},
		{Asked: "asked", Stored: "stored", Right: true, Pair: true, Split: "dev"}, // a repeat tells nothing new
	}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("rows %+v", rows)
	}
}

func TestParseNamesEveryLine(t *testing.T) {
	_, err := Parse(strings.NewReader("[]\n{\"score\": 2, \"right\": true}\n{\"a\": \"x\", \"label\": 1}\n{\"score\": 0.5}\n{\"right\": true}\n{\"score\": 0.1, \"right\": \"yes\"}\n"))
	var bad *InputError
	if !errors.As(err, &bad) || bad.Code != "invalid" || len(bad.Problems) != 6 {
		t.Fatalf("error %v", err)
	}
	for i, want := range []string{"not a JSON object", "between -1 and 1", "two texts, a and b", "no right", "no score", "none of true"} {
		if p := bad.Problems[i]; !strings.HasPrefix(p.Field, "line ") || !strings.Contains(p.Text, want) {
			t.Errorf("problem %d is %+v, want one about %q", i, p, want)
		}
	}
}

func TestContradictionsAreRefused(t *testing.T) {
	_, err := Parse(strings.NewReader(`{"a": "x", "b": "y", "label": 1}
{"a": "x", "b": "y", "label": 0}`))
	var bad *InputError
	if !errors.As(err, &bad) || bad.Code != "contradiction" {
		t.Errorf("error %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"score": 0.91, "right": true}`, `{"score": null, "right": 0}`, `{"a": "x", "b": "y", "label": 1}`,
		`{"asked": "x", "stored": "y", "right": false}`, `{"score": 1e999, "right": true}`, `{}`, "\n\n", `{"a":"x","b":"y","label":1}{"a"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := Parse(strings.NewReader(string(text)))
		var bad *InputError
		if err != nil && !errors.As(err, &bad) {
			t.Fatalf("error of another kind: %v", err)
		}
		for _, r := range rows {
			if r.HasScore && (math.IsNaN(r.Score) || math.Abs(r.Score) > 1) {
				t.Fatalf("row %+v", r)
			}
			if r.Texts() && (r.HasScore || r.Asked == "" || r.Stored == "") {
				t.Fatalf("row %+v", r)
			}
		}
	})
}
