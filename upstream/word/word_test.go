package word_test

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/word"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		seconds, ms string
		want        time.Duration
	}{
		{"", "", 0},
		{"7", "", 7 * time.Second},
		{"0.5", "", 500 * time.Millisecond},
		{"2", "1500", 1500 * time.Millisecond},
		{"7", "soon", 7 * time.Second},
		{"Fri, 02 Jan 2026 03:04:14 GMT", "", 9 * time.Second},
		{"Friday, 02-Jan-26 03:04:14 GMT", "", 9 * time.Second},
		{"Fri, 02 Jan 2026 03:04:00 GMT", "", 0},
		{"-3", "", 0},
		{"NaN", "", 0},
		{"1e300", "", math.MaxInt64},
		{"later", "", 0},
	}
	for _, tt := range tests {
		h := http.Header{}
		h.Set("Retry-After", tt.seconds)
		h.Set("retry-after-ms", tt.ms)
		if got := word.RetryAfter(h, now); got != tt.want {
			t.Errorf("Retry-After %q, retry-after-ms %q: %v, want %v", tt.seconds, tt.ms, got, tt.want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("7", "")
	f.Add("", "1500")
	f.Add("Fri, 02 Jan 2026 03:04:14 GMT", "-1")
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f.Fuzz(func(t *testing.T, seconds, ms string) {
		got := word.RetryAfter(http.Header{"Retry-After": {seconds}, "Retry-After-Ms": {ms}}, now)
		if got < 0 {
			t.Errorf("negative wait %v", got)
		}
	})
}

func TestReset(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"1s": time.Second, "6m0s": 6 * time.Minute, "17ms": 17 * time.Millisecond, "1h2m3.5s": time.Hour + 2*time.Minute + 3500*time.Millisecond,
		"1d2h": 26 * time.Hour, "2d": 48 * time.Hour, "59.5": 59500 * time.Millisecond, "0": 0, "2026-01-02T03:05:05Z": time.Minute,
		"2026-01-02T04:04:05+01:00": 0,
	} {
		if at, ok := word.Reset(value, now); !ok || at.Sub(now) != want {
			t.Errorf("Reset(%q) = %v, %v, want %v", value, at.Sub(now), ok, want)
		}
	}
	for _, value := range []string{"", "soon", "-1s", "-3", "NaN", "1e300", "999d", "9999-01-01T00:00:00Z", "d1h"} {
		if at, ok := word.Reset(value, now); ok {
			t.Errorf("Reset(%q) = %v, want none", value, at)
		}
	}
}

func axes(rules ...limit.Axis) []limit.Axis { return rules }

func perMinute(name string, unit limit.Unit, n int64) limit.Axis {
	return limit.Axis{Name: name, Unit: unit, Rule: limit.Rule{Counting: limit.SlidingWindow, Limit: n}}
}

func TestRead(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tier := axes(
		perMinute("requests", limit.Requests, 500), perMinute("tokens", limit.TotalTokens, 30_000),
		limit.Axis{Name: "day_requests", Unit: limit.Requests, Rule: limit.Rule{Counting: limit.RollingDay, Limit: 10_000}},
	)
	apart := axes(perMinute("input", limit.InputTokens, 1000), perMinute("output", limit.OutputTokens, 200))
	tests := []struct {
		name    string
		axes    []limit.Axis
		header  map[string]string
		refused bool
		want    []limit.Word
		pause   time.Duration
	}{
		{"nothing", tier, nil, true, nil, 0},
		{"OpenAI", tier, map[string]string{
			"x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-requests": "499", "x-ratelimit-reset-requests": "120ms",
			"x-ratelimit-limit-tokens": "30000", "x-ratelimit-remaining-tokens": "29000", "x-ratelimit-reset-tokens": "2s",
		}, false, []limit.Word{
			{Axis: "requests", Limit: 500, Remaining: 499, Reset: limit.At(now.Add(120 * time.Millisecond))},
			{Axis: "tokens", Limit: 30_000, Remaining: 29_000, Reset: limit.At(now.Add(2 * time.Second))},
		}, 0},
		{"the day's requests, by their limit", tier, map[string]string{
			"x-ratelimit-limit-requests": "10000", "x-ratelimit-remaining-requests": "9000", "x-ratelimit-reset-requests": "8.64s",
		}, false, []limit.Word{{Axis: "day_requests", Limit: 10_000, Remaining: 9000, Reset: limit.At(now.Add(8640 * time.Millisecond))}}, 0},
		{"an unknown limit, by its reset", tier, map[string]string{
			"x-ratelimit-limit-requests": "200", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "7h12m",
		}, false, []limit.Word{{Axis: "day_requests", Limit: 200, Reset: limit.At(now.Add(7*time.Hour + 12*time.Minute))}}, 0},
		{"a lower limit than is configured", tier, map[string]string{
			"x-ratelimit-limit-requests": "250", "x-ratelimit-remaining-requests": "200", "x-ratelimit-reset-requests": "12s",
		}, false, []limit.Word{{Axis: "requests", Limit: 250, Remaining: 200, Reset: limit.At(now.Add(12 * time.Second))}}, 0},
		{"Azure tells only what remains", tier, map[string]string{"x-ratelimit-remaining-tokens": "12"}, false,
			[]limit.Word{{Axis: "tokens", Remaining: 12}}, 0},
		{"Anthropic", apart, map[string]string{
			"anthropic-ratelimit-input-tokens-limit": "1000", "anthropic-ratelimit-input-tokens-remaining": "400",
			"anthropic-ratelimit-input-tokens-reset":  "2026-01-02T03:04:41Z",
			"anthropic-ratelimit-output-tokens-limit": "200", "anthropic-ratelimit-output-tokens-remaining": "200",
			"anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "3",
		}, false, []limit.Word{
			{Axis: "input", Limit: 1000, Remaining: 400, Reset: limit.At(now.Add(36 * time.Second))},
			{Axis: "output", Limit: 200, Remaining: 200},
		}, 0},
		{"the draft's fields", tier, map[string]string{
			"RateLimit-Policy": `"burst";q=500;w=60, "daily";q=10000;w=86400, "bytes";q=9;qu="content-bytes"`,
			"RateLimit":        `"daily";r=77;t=3600, "bytes";r=1`,
		}, false, []limit.Word{{Axis: "day_requests", Limit: 10_000, Remaining: 77, Reset: limit.At(now.Add(time.Hour))}}, 0},
		{"a refusal asks for a pause", tier, map[string]string{"retry-after-ms": "1500"}, true, nil, 1500 * time.Millisecond},
		{"nobody is sent away for good", tier, map[string]string{"retry-after": "99999999999"}, true, nil, word.MaxPause},
		{"an answer asks for none", tier, map[string]string{"retry-after": "3"}, false, nil, 0},
		{"nonsense is not said", tier, map[string]string{
			"x-ratelimit-limit-requests": "many", "x-ratelimit-remaining-requests": "-4", "retry-after": "later", "RateLimit": "((",
		}, true, nil, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := http.Header{}
			for name, value := range test.header {
				h.Set(name, value)
			}
			got := word.Read(h, test.axes, test.refused, now)
			if len(got.Axes) != len(test.want) {
				t.Fatalf("read %+v, want %+v", got.Axes, test.want)
			}
			for i, w := range test.want {
				if got.Axes[i] != w {
					t.Errorf("read %+v, want %+v", got.Axes[i], w)
				}
			}
			if want := limit.Instant(0); test.pause > 0 {
				want = limit.At(now.Add(test.pause))
				if got.Pause != want {
					t.Errorf("pause until %v, want %v", got.Pause, want)
				}
			} else if got.Pause != want {
				t.Errorf("pause until %v, want none", got.Pause)
			}
		})
	}
}

// Whatever a provider sends, the limiter can take it: no negative counts, no
// times far off.
func FuzzRead(f *testing.F) {
	f.Add("500", "499", "120ms", `"a";q=1;w=2`, `"a";r=1;t=2`, "3")
	f.Add("9999999999999999999", "-1", "2026-01-02T03:05:05Z", ";;", `"a"`, "x")
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tier := axes(perMinute("requests", limit.Requests, 500), perMinute("tokens", limit.TotalTokens, 30_000))
	f.Fuzz(func(t *testing.T, total, left, reset, policy, draft, after string) {
		h := http.Header{
			"X-Ratelimit-Limit-Requests": {total}, "X-Ratelimit-Remaining-Requests": {left}, "X-Ratelimit-Reset-Requests": {reset},
			"X-Ratelimit-Limit-Tokens": {left}, "X-Ratelimit-Remaining-Tokens": {total}, "X-Ratelimit-Reset-Tokens": {after},
			"Ratelimit-Policy": {policy}, "Ratelimit": {draft}, "Retry-After": {after},
		}
		w := word.Read(h, tier, true, now)
		subject, err := limit.NewSubject(tier)
		if err != nil {
			t.Fatal(err)
		}
		grant, _ := subject.Take(limit.Ask{Want: limit.Amounts{limit.Requests: 1}}, limit.At(now))
		for _, axis := range w.Axes {
			if axis.Limit < 0 || axis.Remaining < -1 || axis.Limit > 1<<53 || axis.Remaining > 1<<53 {
				t.Fatalf("read %+v", axis)
			}
			subject.Adjust(grant, axis, limit.At(now))
		}
		subject.Pause(w.Pause)
		for _, s := range subject.Standings(limit.At(now)) {
			if s.Used < 0 || s.Available < 0 || s.Limit < 1 {
				t.Fatalf("stands at %+v", s)
			}
		}
	})
}
