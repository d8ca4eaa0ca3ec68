package limit

import (
	"errors"
	"strings"
	"testing"
)

func TestPresetsHoldTheAskedFigures(t *testing.T) {
	want := map[string]string{
		"openai/gpt-4o/free":   "requests 3, tokens 40000, day_requests 200",
		"openai/gpt-4o/tier-1": "requests 500, tokens 30000, day_requests 10000",
		"openai/gpt-4o/tier-2": "requests 5000, tokens 450000",
		"openai/gpt-4o/tier-3": "requests 5000, tokens 800000",
		"openai/gpt-4o/tier-4": "requests 10000, tokens 2000000",
		"openai/gpt-4o/tier-5": "requests 10000, tokens 30000000",
		"anthropic/build-free": "requests 5, tokens 20000",
		"anthropic/build-paid": "requests 50, tokens 40000",
		"anthropic/scale":      "requests 1000, tokens 100000",
		"anthropic/enterprise": "",
		"gemini/free":          "requests 15, tokens 1000000",
		"gemini/pay-as-you-go": "requests 360, tokens 4000000",
		"gemini/vertex":        "",
	}
	for _, p := range Presets() {
		var axes []string
		for _, a := range p.Axes {
			axes = append(axes, a.Name+" "+strings.Fields(a.Rule.String())[0])
			if a.Rule.Counting == 0 {
				t.Errorf("%s: %s does not say how it is counted", p.Name, a.Name)
			}
		}
		if got := strings.Join(axes, ", "); got != want[p.Name] {
			t.Errorf("%s: got %q, want %q", p.Name, got, want[p.Name])
		}
		delete(want, p.Name)
	}
	for name := range want {
		t.Errorf("%s is missing", name)
	}
}

func TestLookupNamesTheNearest(t *testing.T) {
	if p, err := Lookup("openai/gpt-4o/tier-1"); err != nil || p.Axes[0].Rule.Limit != 500 {
		t.Errorf("got %v, %v", p, err)
	}
	var unknown *UnknownPresetError
	if _, err := Lookup("OpenAI/gpt4o/tier1"); !errors.As(err, &unknown) || unknown.Nearest != "openai/gpt-4o/tier-1" {
		t.Errorf("got %v", err)
	}
}

func TestPresetsAreTheCallersOwn(t *testing.T) {
	Presets()[0].Axes[0].Rule.Limit = 1
	if got := Presets()[0].Axes[0].Rule.Limit; got != 3 {
		t.Errorf("a caller changed a preset: %d", got)
	}
}

func TestPresetFileIsReadStrictly(t *testing.T) {
	const good = "- {name: a, source: b, date: 2026-01-02, axes: [{name: requests, unit: requests, limit: 1, counting: utc_day}]}\n"
	if _, err := parsePresets([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, from, to, want string }{
		{"unknown field", "limit:", "limits:", "limits"},
		{"unknown unit", "unit: requests", "unit: calls_per_day", "unknown unit"},
		{"unknown counting", "utc_day", "leaky", "unknown counting"},
		{"no limit", "limit: 1", "limit: 0", "limit: 0 is not"},
		{"no date", "2026-01-02", "soon", "date"},
		{"two of a name", "}\n", "}\n" + good, "twice"},
		{"window of a day", "counting: utc_day", "counting: utc_day, window: 1h", "leave the window out"},
	} {
		_, err := parsePresets([]byte(strings.Replace(good, c.from, c.to, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}
