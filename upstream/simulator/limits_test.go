// The limits against cases computed by hand, under a clock of the test's own.

package simulator_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidwall/gjson"

	"github.com/askonce/askonce/upstream/simulator"
)

// tenTokens is a chat request of a prompt of 10 tokens: 3 for the start of the
// answer, 3 for the message, 4 words.
const tenTokens = `"model":"m","messages":[{"role":"user","content":"Tell me a story"}]`

// fiftyTokens answers with 50 tokens if nothing cuts it.
func fiftyTokens(simulator.Question) string { return "word" + strings.Repeat(" word", 49) }

// visit is one call of a case: when it comes, what it asks for, and what must
// come of it.
type visit struct {
	at     time.Duration
	extra  string // members of the request
	status int
	header map[string]string
}

// visits runs a case from a minute's beginning on.
func visits(t *testing.T, opts simulator.Options, list []visit) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		opts.Answer = fiftyTokens
		client := inBubble(t, opts)
		begin := time.Now() // midnight UTC
		for _, v := range list {
			time.Sleep(time.Until(begin.Add(v.at)))
			resp := post(t, client, "{"+tenTokens+v.extra+"}")
			if resp.StatusCode != v.status {
				t.Errorf("at %s: status %d, want %d", v.at, resp.StatusCode, v.status)
			}
			for name, want := range v.header {
				if got := resp.Header.Get(name); got != want {
					t.Errorf("at %s: %s: %q, want %q", v.at, name, got, want)
				}
			}
		}
	})
}

func post(t *testing.T, client *http.Client, body string) *http.Response {
	t.Helper()
	resp, err := client.Post("http://sim/v1/chat/completions", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	return resp
}

func limits(t *testing.T, spec string) []simulator.Limit {
	t.Helper()
	list, err := simulator.ParseLimits(spec)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

const second, minute = time.Second, time.Minute

// A call costs 10 + 20 = 30 tokens with max_tokens 20, of 100.
func TestCountings(t *testing.T) {
	const extra = `,"max_tokens":20`
	for counting, list := range map[simulator.Counting][]visit{
		// 90 at 10 s; 30 of them are over at 60 s, the others at 65 and 70 s.
		simulator.SlidingWindow: {
			{0, extra, 200, nil}, {5 * second, extra, 200, nil}, {10 * second, extra, 200, nil},
			{11 * second, extra, 429, map[string]string{"Retry-After": "49", "X-Ratelimit-Remaining-Tokens": "10"}},
			{minute - 1, extra, 429, nil}, {minute, extra, 200, nil}, {minute, extra, 429, nil},
			{65 * second, extra, 200, nil}, {65 * second, extra, 429, nil},
		},
		// The windows begin with the minutes, whatever came before.
		simulator.FixedWindow: {
			{30 * second, extra, 200, nil}, {58 * second, extra, 200, nil}, {59 * second, extra, 200, nil},
			{59 * second, extra, 429, map[string]string{"Retry-After": "1", "X-Ratelimit-Reset-Tokens": "1s"}},
			{minute, extra, 200, nil}, {minute, extra, 200, nil}, {minute, extra, 200, nil}, {119 * second, extra, 429, nil},
			{2 * minute, extra, 200, nil},
		},
		// The window begins at 10 s and ends at 70 s; the next begins at 75 s.
		simulator.FirstUseWindow: {
			{10 * second, extra, 200, nil}, {50 * second, extra, 200, nil}, {55 * second, extra, 200, nil},
			{69 * second, extra, 429, map[string]string{"Retry-After": "1"}},
			{75 * second, extra, 200, nil}, {76 * second, extra, 200, nil}, {130 * second, extra, 200, nil},
			{134 * second, extra, 429, nil}, {135 * second, extra, 200, nil},
		},
		// 90 at once; 5 run off in 3 s, so that the 20 missing have at 12 s.
		simulator.TokenBucket: {
			{0, extra, 200, nil}, {0, extra, 200, nil}, {0, extra, 200, map[string]string{"X-Ratelimit-Reset-Tokens": "54s"}},
			{0, extra, 429, map[string]string{"Retry-After": "12"}}, {12*second - second/100, extra, 429, nil},
			{12 * second, extra, 200, nil}, {12 * second, extra, 429, nil}, {30 * second, extra, 200, nil},
		},
	} {
		t.Run(string(counting), func(t *testing.T) {
			visits(t, simulator.Options{Limits: limits(t, "tokens=100/1m:"+string(counting))}, list)
		})
	}
}

func TestUnits(t *testing.T) {
	const extra = `,"max_tokens":20`
	for spec, list := range map[string][]visit{
		"requests=2/1m":                              {{0, extra, 200, nil}, {0, extra, 200, nil}, {0, extra, 429, nil}},
		"input_tokens=20/1m,output_tokens=1000":      {{0, extra, 200, nil}, {0, extra, 200, nil}, {0, extra, 429, nil}},
		"input_tokens=1000,output_tokens=40":         {{0, extra, 200, nil}, {0, extra, 200, nil}, {0, extra, 429, nil}},
		"tokens=30:token_bucket:burst=60":            {{0, extra, 200, nil}, {0, extra, 200, nil}, {0, extra, 429, nil}},
		"requests=10/1m,requests=2/24h":              {{0, extra, 200, nil}, {time.Hour, extra, 200, nil}, {23 * time.Hour, extra, 429, nil}, {24 * time.Hour, extra, 200, nil}},
		"requests=10/1m,requests=2/24h:fixed_window": {{23 * time.Hour, extra, 200, nil}, {23 * time.Hour, extra, 200, nil}, {23 * time.Hour, extra, 429, nil}, {24 * time.Hour, extra, 200, nil}},
		"tokens=29":            {{0, extra, 429, map[string]string{"Retry-After": ""}}},
		"tokens=30,requests=1": {{0, `,"max_tokens":21`, 429, nil}, {0, extra, 200, nil}},
		"calls=1":              {{0, extra, 200, nil}, {0, extra, 200, nil}},
		"tokens=100/10s":       {{0, `,"max_tokens":90`, 200, nil}, {9 * second, extra, 200, nil}, {10 * second, extra, 200, nil}},
		"tokens=100/1m:first_use_window,requests=100": {{0, `,"n":2,"max_tokens":20`, 200, nil}, {0, `,"n":2,"max_tokens":20`, 200, nil}, {0, "", 429, nil}},
	} {
		t.Run(spec, func(t *testing.T) { visits(t, simulator.Options{Limits: limits(t, spec)}, list) })
	}
}

// A call of up to 10 + 80 tokens uses 10 + 50, of 100.
func TestCharges(t *testing.T) {
	const extra = `,"max_tokens":80`
	for charge, list := range map[simulator.Charge][]visit{
		// 60 are left counted: 40 are free, enough for 10 + 30, not for 10 + 31.
		simulator.ChargeSettled: {{0, extra, 200, nil}, {0, `,"max_tokens":31`, 429, nil}, {0, `,"max_tokens":30`, 200, nil}},
		// 90 are.
		simulator.ChargeMaxTokens: {{0, extra, 200, nil}, {0, `,"max_tokens":1`, 429, nil}, {0, "", 200, nil}},
		// 60 are, and only the prompt must fit: 110 are counted then.
		simulator.ChargeUsage: {{0, extra, 200, nil}, {0, `,"max_tokens":40`, 200, nil}, {0, `,"max_tokens":1`, 429, nil}},
	} {
		t.Run(string(charge), func(t *testing.T) {
			visits(t, simulator.Options{Limits: limits(t, "tokens=100"), Charge: charge}, list)
		})
	}
}

func TestCallsAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := inBubble(t, simulator.Options{Limits: limits(t, "calls=2"), Latency: 10 * second})
		statuses := make(chan int)
		for range 3 {
			go func() { statuses <- post(t, client, "{"+tenTokens+"}").StatusCode }()
		}
		got := []int{<-statuses, <-statuses, <-statuses}
		if want := []int{429, 200, 200}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if status := post(t, client, "{"+tenTokens+"}").StatusCode; status != 200 {
			t.Errorf("after they ended: %d", status)
		}
	})
}

func TestKeysAndModelsApart(t *testing.T) {
	p := start(t, simulator.Options{Limits: limits(t, "requests=1/24h")})
	for i, c := range []struct {
		key, model string
		status     int
	}{{"a", "m", 200}, {"a", "m", 429}, {"b", "m", 200}, {"a", "n", 200}, {"", "m", 200}, {"b", "m", 429}} {
		body := `{"model":"` + c.model + `","messages":[{"role":"user","content":"x"}]}`
		if resp := p.do("POST", "/v1/chat/completions", body, "Authorization", "Bearer "+c.key); resp.StatusCode != c.status {
			t.Errorf("call %d: status %d, want %d", i, resp.StatusCode, c.status)
		}
	}
	p.Reset()
	p.ask("/v1/chat/completions", "{"+tenTokens+"}", 200)
	p.ask("/v1/embeddings", `{"model":"m","input":"x"}`, 429)
	p.ask("/v1/completions", `{"model":"m","prompt":"x"}`, 429)
	if text := p.Stats().Text; text.Answered != 1 || text.RateLimited != 2 || text.RateLimitedAfterHeader != 2 {
		t.Errorf("%+v", text)
	}
}

func TestLimitHeaders(t *testing.T) {
	const spec = "requests=100/24h,requests=2/1m,tokens=1000/1m:token_bucket,input_tokens=500/1m"
	for _, c := range []struct {
		syntax simulator.HeaderSyntax
		hint   simulator.RetryHint
		want   map[string]string // of the third call, 1.5 s after two of 60 tokens
	}{
		{simulator.OpenAIHeaders, simulator.RetryMillis, map[string]string{
			"X-Ratelimit-Limit-Requests": "2", "X-Ratelimit-Remaining-Requests": "0", "X-Ratelimit-Reset-Requests": "58.5s",
			"X-Ratelimit-Limit-Tokens": "1000", "X-Ratelimit-Remaining-Tokens": "905", "X-Ratelimit-Reset-Tokens": "5.7s",
			"X-Ratelimit-Remaining-Input-Tokens": "480", "Retry-After-Ms": "58500", "Retry-After": "59",
		}},
		{simulator.AnthropicHeaders, simulator.RetryDate, map[string]string{
			"Anthropic-Ratelimit-Requests-Limit": "2", "Anthropic-Ratelimit-Requests-Remaining": "0",
			"Anthropic-Ratelimit-Requests-Reset": "2000-01-01T00:01:00Z", "Anthropic-Ratelimit-Tokens-Remaining": "905",
			"Anthropic-Ratelimit-Tokens-Reset": "2000-01-01T00:00:08Z", "Anthropic-Ratelimit-Input-Tokens-Remaining": "480",
			"Retry-After": "Sat, 01 Jan 2000 00:01:00 GMT",
		}},
		{simulator.NoHeaders, simulator.NoRetryHint, map[string]string{}},
	} {
		t.Run(string(c.syntax), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := inBubble(t, simulator.Options{
					Limits: limits(t, spec), Headers: c.syntax, RetryHint: c.hint, Answer: fiftyTokens,
				})
				post(t, client, "{"+tenTokens+"}")
				post(t, client, "{"+tenTokens+"}")
				time.Sleep(1500 * time.Millisecond)
				got := make(map[string]string)
				for name, values := range post(t, client, "{"+tenTokens+"}").Header {
					if strings.Contains(name, "Ratelimit") || strings.HasPrefix(name, "Retry") {
						got[name] = values[0]
					}
				}
				for name, want := range c.want {
					if got[name] != want {
						t.Errorf("%s: %q, want %q", name, got[name], want)
					}
				}
				if len(c.want) == 0 && len(got) > 0 {
					t.Errorf("it tells %v", slices.Sorted(maps.Keys(got)))
				}
			})
		})
	}
}

// What a refusal says is what SDKs look at.
func TestLimitError(t *testing.T) {
	p := start(t, simulator.Options{Limits: limits(t, "tokens=30,requests=1")})
	large := p.ask("/v1/chat/completions", "{"+tenTokens+`,"max_tokens":21}`, 429)
	if large.Get("error.type").Str != "tokens" || large.Get("error.code").Str != "rate_limit_exceeded" ||
		!strings.Contains(large.Get("error.message").Str, "31 of m is above the limit of tokens=30/1m") {
		t.Errorf("too large: %s", large)
	}
	p.ask("/v1/chat/completions", "{"+tenTokens+`,"max_tokens":1}`, 200)
	often := p.ask("/v1/chat/completions", "{"+tenTokens+`,"max_tokens":1}`, 429)
	if often.Get("error.type").Str != "requests" || !often.Get("error.param").Exists() || often.Get("error.param").Type != gjson.Null {
		t.Errorf("too often: %s", often)
	}
}

func TestTally(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := simulator.Options{Limits: limits(t, "requests=3/1m"), Latency: second}
		client := inBubble(t, opts)
		ask := func(mark uint64) int {
			return post(t, client, fmt.Sprintf(`{"model":"m","messages":[{"role":"user","content":"%s hello"}]}`, simulator.CallMark(mark))).StatusCode
		}
		done := make(chan int)
		for i := range uint64(4) { // one is refused, before any answer told of the limit
			go func() { done <- ask(i / 2) }()
		}
		for range 4 {
			<-done
		}
		ask(5)
		resp, err := client.Get("http://sim/simulator/stats")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, _ := io.ReadAll(resp.Body)
		for path, want := range map[string]int64{
			"answered": 3, "rate_limited": 2, "rate_limited_after_header": 1, "duplicate_calls": 1, "peak_concurrency": 4,
		} {
			if got := gjson.GetBytes(raw, "text."+path).Int(); got != want {
				t.Errorf("%s = %d, want %d", path, got, want)
			}
		}
	})
}

func TestBadLimits(t *testing.T) {
	for spec, want := range map[string]string{
		"": "has no '='", "tokens": "has no '='", "tokens=many": `"many" is not a whole number`, "tokens=5/soon": `"soon" is not a duration`,
		"words=5": "is none of requests, tokens,", "tokens=0": "less than 1", "tokens=5:bucket": `"bucket" is none of token_bucket`,
		"tokens=5:burst=7": "only a token_bucket has a burst", "calls=5/1m": "while they last", "tokens=5:token_bucket:burst=x": "the burst",
	} {
		if _, err := simulator.ParseLimits(spec); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "write them like") {
			t.Errorf("%q: %v, want it to say %q", spec, err, want)
		}
	}
	_, err := simulator.New(simulator.Options{Charge: "x", Headers: "y", RetryHint: "z", Limits: []simulator.Limit{{Unit: "w"}}})
	for _, want := range []string{"Charge", "Headers", "RetryHint", "Limits[0]"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func FuzzParseLimits(f *testing.F) {
	f.Add("requests=500/1m,tokens=30_000/1m:token_bucket:burst=10000,calls=8")
	f.Fuzz(func(t *testing.T, spec string) {
		list, err := simulator.ParseLimits(spec)
		if err != nil {
			return
		}
		words := make([]string, len(list))
		for i, l := range list {
			words[i] = l.String()
		}
		again, err := simulator.ParseLimits(strings.Join(words, ","))
		if err != nil {
			t.Fatalf("%q became %q: %v", spec, words, err)
		}
		for i := range again {
			if again[i].String() != list[i].String() {
				t.Errorf("%q became %q", list[i], again[i])
			}
		}
	})
}

// A script that goes by the clock.
func TestScriptByTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := inBubble(t, simulator.Options{Script: parse(t, `
steps:
  - match: {until: 60s}
    respond: {status: 429}
  - match: {since: 60s, until: 90s}
    respond: {status: 500}
`)})
		for at, want := range []int{429, 429, 500, 200} {
			if got := post(t, client, "{"+tenTokens+"}").StatusCode; got != want {
				t.Errorf("at %d half-minutes: %d, want %d", at, got, want)
			}
			time.Sleep(30 * second)
		}
	})
}
