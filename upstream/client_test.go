package upstream_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream"
	"github.com/askonce/askonce/upstream/internal/pipenet"
	"github.com/askonce/askonce/upstream/simulator"
)

const chatBody = `{"model":"gpt-4o","messages":[{"role":"user","content":"How do I reset my password?"}]}`

func chat(body string) *llm.Call {
	return &llm.Call{Method: "POST", Path: "/chat/completions", Body: []byte(body), Endpoint: llm.Chat}
}

// provider is a simulator in memory and a client that calls it.
type provider struct {
	*simulator.Simulator
	*upstream.Client
	net *pipenet.Listener
}

// start must run in a bubble of synctest.
func start(t *testing.T, sim simulator.Options, opts upstream.Options) *provider {
	t.Helper()
	s, err := simulator.New(sim)
	if err != nil {
		t.Fatal(err)
	}
	l := pipenet.Serve(s)
	t.Cleanup(l.Stop)
	if opts.DialContext == nil {
		opts.DialContext = l.DialContext
	}
	return &provider{Simulator: s, Client: connect(t, opts), net: l}
}

// connect makes a client; localhost is never called through a proxy.
func connect(t *testing.T, opts upstream.Options) *upstream.Client {
	t.Helper()
	if opts.BaseURL == "" {
		opts.BaseURL = "http://localhost/v1"
	}
	client, err := upstream.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// calls is how many chat calls reached the provider.
func (p *provider) calls() int { return int(p.Stats().Calls["/v1/chat/completions"]) }

// answer reads an answer to its end and closes it.
func answer(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// callError demands an *llm.CallError with this status and code.
func callError(t *testing.T, err error, status int, code string) {
	t.Helper()
	var ce *llm.CallError
	if !errors.As(err, &ce) || ce.Status != status || ce.Code != code {
		t.Fatalf("error %v, want a %d %s", err, status, code)
	}
}

func TestRetryRules(t *testing.T) {
	openAI := func(kind, code, message string) *simulator.Error {
		return &simulator.Error{Type: kind, Code: code, Message: message}
	}
	tests := []struct {
		name   string
		first  simulator.Response
		status int    // of the final answer
		calls  int    // that the provider got
		mark   string // x-should-retry of the final answer
	}{
		{"429", simulator.Response{Status: 429}, 200, 2, ""},
		{"429 that only talks of quota", simulator.Response{Status: 429, Error: openAI("tokens", "rate_limit_exceeded", "insufficient_quota? no, you spend too fast")}, 200, 2, ""},
		{"429 without a document", simulator.Response{Status: 429, Body: "slow down"}, 200, 2, ""},
		{"429 for quota, by type", simulator.Response{Status: 429, Error: openAI("insufficient_quota", "", "x")}, 429, 1, "false"},
		{"429 for quota, by code", simulator.Response{Status: 429, Error: openAI("", "insufficient_quota", "x")}, 429, 1, "false"},
		{"429 for the hard limit", simulator.Response{Status: 429, Error: openAI("invalid_request_error", "billing_hard_limit_reached", "x")}, 429, 1, "false"},
		{"429 for a spend limit", simulator.Response{Status: 429, Error: openAI("spend_limit_reached", "", "x")}, 429, 1, "false"},
		{"429 for quota, whatever it asks", simulator.Response{Status: 429, Error: openAI("insufficient_quota", "", "x"), Headers: map[string]string{"x-should-retry": "true"}}, 429, 1, "false"},
		{"408", simulator.Response{Status: 408}, 200, 2, ""},
		{"409", simulator.Response{Status: 409}, 200, 2, ""},
		{"500", simulator.Response{Status: 500}, 200, 2, ""},
		{"503", simulator.Response{Status: 503}, 200, 2, ""},
		{"529", simulator.Response{Status: 529}, 200, 2, ""},
		{"400", simulator.Response{Status: 400}, 400, 1, ""},
		{"401", simulator.Response{Status: 401}, 401, 1, ""},
		{"403", simulator.Response{Status: 403}, 403, 1, ""},
		{"404", simulator.Response{Status: 404}, 404, 1, ""},
		{"422", simulator.Response{Status: 422}, 422, 1, ""},
		{"413", simulator.Response{Status: 413}, 413, 1, ""},
		{"500 that says not to", simulator.Response{Status: 500, Headers: map[string]string{"x-should-retry": "false"}}, 500, 1, "false"},
		{"418 that says to", simulator.Response{Status: 418, Headers: map[string]string{"x-should-retry": "true"}}, 200, 2, ""},
		{"400 that says to", simulator.Response{Status: 400, Headers: map[string]string{"x-should-retry": "true"}}, 400, 1, "false"},
		{"304", simulator.Response{Status: 304}, 304, 1, ""},
		{"connection reset", simulator.Response{Reset: true}, 200, 2, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := start(t, simulator.Options{Script: []simulator.Step{{Match: simulator.Match{Nth: []int{1}}, Respond: tt.first}}}, upstream.Options{})
				resp, err := p.Do(t.Context(), chat(chatBody))
				if err != nil {
					t.Fatal(err)
				}
				if body := answer(t, resp); tt.first.Error != nil && tt.calls == 1 && !strings.Contains(body, `"message":"x"`) {
					t.Errorf("the error body %q was not given back whole", body)
				}
				if resp.StatusCode != tt.status || p.calls() != tt.calls || resp.Header.Get("x-should-retry") != tt.mark {
					t.Errorf("status %d after %d calls, x-should-retry %q; want %d, %d, %q", resp.StatusCode,
						p.calls(), resp.Header.Get("x-should-retry"), tt.status, tt.calls, tt.mark)
				}
				want := ""
				if tt.calls > 1 {
					want = strconv.Itoa(tt.calls)
				}
				if got := resp.Header.Get(llm.TriesHeader); got != want {
					t.Errorf("%s is %q, want %q", llm.TriesHeader, got, want)
				}
			})
		})
	}
}

func TestSpentRetriesReturnTheLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, simulator.Options{Script: []simulator.Step{{Respond: simulator.Response{
			Status: 429, Body: strings.Repeat("down ", 40<<10), Headers: map[string]string{"Retry-After": "1"},
		}}}}, upstream.Options{})
		begin := time.Now()
		resp, err := p.Do(t.Context(), chat(chatBody))
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(begin)
		if min, max := 15*time.Second*3/4, 15*time.Second*5/4; took < min || took > max {
			t.Errorf("five tries took %v, want 1+2+4+8 s give or take a quarter", took)
		}
		if body := answer(t, resp); resp.StatusCode != http.StatusTooManyRequests || len(body) != 200<<10 {
			t.Errorf("got %d with %d bytes, want the provider's last answer", resp.StatusCode, len(body))
		}
		h := resp.Header
		if p.calls() != 5 || h.Get("x-should-retry") != "false" || h.Get("Retry-After") != "1" || h.Get(llm.TriesHeader) != "5" {
			t.Errorf("%d calls, header %v", p.calls(), h)
		}
	})
}

func TestRetriesTurnedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, simulator.Options{Script: []simulator.Step{{Respond: simulator.Response{Status: 503}}}}, upstream.Options{MaxTries: 1})
		resp, err := p.Do(t.Context(), chat(chatBody))
		if err != nil {
			t.Fatal(err)
		}
		answer(t, resp)
		if p.calls() != 1 || resp.Header.Get("x-should-retry") != "" {
			t.Errorf("%d calls, x-should-retry %q: retrying is left to the caller", p.calls(), resp.Header.Get("x-should-retry"))
		}
	})
}

func TestRetryAfterIsKept(t *testing.T) {
	tests := []struct {
		name     string
		header   func(now time.Time) map[string]string
		deadline time.Duration // of the caller
		calls    int
		from, to time.Duration
	}{
		{"seconds", func(time.Time) map[string]string { return map[string]string{"Retry-After": "7"} },
			0, 2, 7 * time.Second, 8750 * time.Millisecond},
		{"milliseconds", func(time.Time) map[string]string {
			return map[string]string{"Retry-After": "2", "Retry-After-Ms": "1500"}
		}, 0, 2, 1500 * time.Millisecond, 1875 * time.Millisecond},
		{"date", func(now time.Time) map[string]string {
			return map[string]string{"Retry-After": now.Add(9 * time.Second).UTC().Format(http.TimeFormat)}
		}, 0, 2, 9 * time.Second, 11250 * time.Millisecond},
		{"the longest that is waited for", func(time.Time) map[string]string { return map[string]string{"Retry-After": "60"} },
			0, 2, time.Minute, time.Minute},
		{"longer than that", func(time.Time) map[string]string { return map[string]string{"Retry-After": "61"} },
			0, 1, 0, 0},
		{"longer than the caller has", func(time.Time) map[string]string { return map[string]string{"Retry-After": "7"} },
			5 * time.Second, 1, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := start(t, simulator.Options{Script: []simulator.Step{{
					Match:   simulator.Match{Nth: []int{1}},
					Respond: simulator.Response{Status: 429, Headers: tt.header(time.Now())},
				}}}, upstream.Options{})
				ctx := t.Context()
				if tt.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}
				begin := time.Now()
				resp, err := p.Do(ctx, chat(chatBody))
				if err != nil {
					t.Fatal(err)
				}
				answer(t, resp)
				if took := time.Since(begin); p.calls() != tt.calls || took < tt.from || took > tt.to {
					t.Errorf("%d calls in %v, want %d in %v to %v", p.calls(), took, tt.calls, tt.from, tt.to)
				}
				if tt.calls == 1 && (resp.Header.Get("Retry-After") == "" || resp.Header.Get("x-should-retry") != "false") {
					t.Errorf("header %v of an answer that is not waited for", resp.Header)
				}
			})
		})
	}
}

func TestRetryBudgetBoundsAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, simulator.Options{Script: []simulator.Step{{Respond: simulator.Response{Status: 500}}}},
			upstream.Options{RetryBudget: upstream.RetryBudget{Ratio: 0.1, PerSecond: 0.001, Burst: 3}})
		for range 50 {
			resp, err := p.Do(t.Context(), chat(chatBody))
			if err != nil {
				t.Fatal(err)
			}
			answer(t, resp)
		}
		if got := p.calls(); got < 57 || got > 58 {
			t.Errorf("50 calls of which a tenth may be repeated, and 3 saved up, reached the provider %d times", got)
		}
	})
}

func TestTimeouts(t *testing.T) {
	tests := []struct {
		name   string
		opts   upstream.Options
		caller time.Duration
		want   time.Duration
	}{
		{"the call's", upstream.Options{Timeout: time.Minute}, 0, time.Minute},
		{"the first byte's", upstream.Options{FirstByteTimeout: 20 * time.Second}, 0, 20 * time.Second},
		{"the caller's", upstream.Options{}, 5 * time.Second, 5 * time.Second},
		{"by default", upstream.Options{}, 0, 10 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := start(t, simulator.Options{Script: []simulator.Step{{Respond: simulator.Response{Hang: true}}}}, tt.opts)
				ctx := t.Context()
				if tt.caller > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.caller)
					defer cancel()
				}
				begin := time.Now()
				_, err := p.Do(ctx, chat(chatBody))
				callError(t, err, 504, "upstream_timeout")
				if took := time.Since(begin); took != tt.want || p.calls() != 1 {
					t.Errorf("%d calls in %v, want one in %v: a provider that was reached is not asked twice", p.calls(), took, tt.want)
				}
			})
		})
	}
}

func TestTimeoutEndsAStalledStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		after := 2
		p := start(t, simulator.Options{Script: []simulator.Step{{Respond: simulator.Response{HangAfter: &after}}}},
			upstream.Options{Timeout: time.Minute})
		resp, err := p.Do(t.Context(), chat(strings.Replace(chatBody, "{", `{"stream":true,`, 1)))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, err := io.ReadAll(resp.Body); !errors.Is(err, context.DeadlineExceeded) || strings.Count(string(body), "data: ") != 2 {
			t.Errorf("read %q, %v; want two chunks, then the deadline", body, err)
		}
	})
}

func TestCallerCancels(t *testing.T) {
	for name, respond := range map[string]simulator.Response{
		"while the provider is silent": {Hang: true}, "between two tries": {Status: 503, Headers: map[string]string{"Retry-After": "30"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := start(t, simulator.Options{Script: []simulator.Step{{Respond: respond}}}, upstream.Options{})
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(3*time.Second, cancel)
				begin := time.Now()
				_, err := p.Do(ctx, chat(chatBody))
				if took := time.Since(begin); !errors.Is(err, context.Canceled) || took != 3*time.Second || p.calls() != 1 {
					t.Errorf("%v after %v and %d calls, want context.Canceled at once", err, took, p.calls())
				}
			})
		})
	}
}

func TestStreamArrivesAsItIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, simulator.Options{Latency: 300 * time.Millisecond, TokenInterval: 50 * time.Millisecond}, upstream.Options{})
		begin := time.Now()
		resp, err := p.Do(t.Context(), chat(strings.Replace(chatBody, "{", `{"stream":true,`, 1)))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		buf := make([]byte, 4096)
		for i := range 5 {
			n, err := resp.Body.Read(buf)
			if took, want := time.Since(begin), 300*time.Millisecond+time.Duration(i)*50*time.Millisecond; err != nil || took != want {
				t.Errorf("chunk %d (%q, %v) came after %v, want %v", i, buf[:n], err, took, want)
			}
		}
	})
}

func TestCutAnswerIsNotRetried(t *testing.T) {
	for name, body := range map[string]string{"document": chatBody, "stream": strings.Replace(chatBody, "{", `{"stream":true,`, 1)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				after := 3
				p := start(t, simulator.Options{Script: []simulator.Step{{Respond: simulator.Response{CutAfter: &after}}}}, upstream.Options{})
				resp, err := p.Do(t.Context(), chat(body))
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				if got, err := io.ReadAll(resp.Body); err == nil || len(got) == 0 || p.calls() != 1 {
					t.Errorf("read %q, %v after %d calls; want the beginning, an error, one call", got, err, p.calls())
				}
			})
		})
	}
}

func TestConnectionsAreReused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, simulator.Options{Latency: time.Second, Script: []simulator.Step{
			{Match: simulator.Match{Nth: []int{1}}, Respond: simulator.Response{Status: 503}},
		}}, upstream.Options{})
		const callers = 500
		for range 2 {
			var failed atomic.Int64
			done := make(chan struct{})
			for range callers {
				go func() {
					defer func() { done <- struct{}{} }()
					resp, err := p.Do(t.Context(), chat(chatBody))
					if err != nil || resp.StatusCode != http.StatusOK {
						failed.Add(1)
						return
					}
					io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}()
			}
			for range callers {
				<-done
			}
			if n := failed.Load(); n > 0 {
				t.Fatalf("%d of %d calls failed", n, callers)
			}
		}
		if got := p.net.Dials(); got != callers {
			t.Errorf("two waves of %d calls and a retry took %d connections, want %d", callers, got, callers)
		}
	})
}
