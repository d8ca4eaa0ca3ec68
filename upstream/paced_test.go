package upstream_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream"
	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/pace"
)

func TestCallsWaitForTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &providers{}
		c := serve(t, p, upstream.Options{Limits: []limit.Axis{perMinute(limit.Requests, 2)}})
		for range 2 {
			if resp := ask(t, c, of("m")); resp.Header.Get(llm.WaitHeader) != "" {
				t.Errorf("a call within the limit waited %s ms", resp.Header.Get(llm.WaitHeader))
			}
		}
		urgent := of("m")
		urgent.Lane = llm.LaneInteractive
		_, err := c.Do(t.Context(), urgent)
		callError(t, err, 503, "upstream_overloaded")
		var ce *llm.CallError
		if errors.As(err, &ce); ce.RetryAfter < 59*time.Second || ce.RetryAfter > 61*time.Second {
			t.Errorf("an interactive call was told to come back in %v, want a minute", ce.RetryAfter)
		}
		begin := time.Now()
		patient := of("m")
		patient.MaxWait = 2 * time.Minute
		resp := ask(t, c, patient)
		if took := time.Since(begin); took < 59*time.Second || took > 61*time.Second || !strings.HasPrefix(resp.Header.Get(llm.WaitHeader), "6") {
			t.Errorf("waited %v, told %q ms; want a minute", took, resp.Header.Get(llm.WaitHeader))
		}
		if n := p.at("a.example"); n != 3 {
			t.Errorf("%d calls reached the provider, want 3", n)
		}
	})
}

// What an answer used is what is counted in the end, however it ended.
func TestCallsAreSettledByWhatTheyUsed(t *testing.T) {
	stream := func(parts ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for _, part := range parts {
				io.WriteString(w, "data: "+part+"\n\n")
			}
		}
	}
	cut := func(w http.ResponseWriter, r *http.Request) {
		stream(`{"choices":[{"delta":{"content":"`+strings.Repeat("word ", 80)+`"}}]}`)(w, r)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	estimated := int64(13) // input of chatBody, by bytes
	tests := []struct {
		name   string
		answer http.HandlerFunc
		leave  bool
		tokens int64
	}{
		{"a document", ok(10, 20), false, 30},
		{"a stream", stream(`{"choices":[{"delta":{"content":"ok"}}]}`, `{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":20}}`, "[DONE]"), false, 30},
		{"a document without usage", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"text":"`+strings.Repeat("x", 40)+`"}`)
		}, false, estimated + 10},
		{"a stream that broke off", cut, false, estimated + 100},
		{"an error", status(400), false, 0},
		{"a caller who left", func(w http.ResponseWriter, r *http.Request) {
			stream(`{"choices":[{"delta":{"content":"`+strings.Repeat("word ", 80)+`"}}]}`)(w, r)
			w.(http.Flusher).Flush()
			hang(w, r)
		}, true, estimated + 100},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &providers{answer: map[string]http.HandlerFunc{"a.example": test.answer}}
				c := serve(t, p, upstream.Options{MaxTries: 1, Limits: []limit.Axis{perMinute(limit.Requests, 100), perMinute(limit.TotalTokens, 10_000)}})
				resp, err := c.Do(t.Context(), of("m"))
				if err != nil {
					t.Fatal(err)
				}
				if test.leave {
					if _, err := resp.Body.Read(make([]byte, 4096)); err != nil {
						t.Fatal(err)
					}
				} else {
					_, _ = io.Copy(io.Discard, resp.Body)
				}
				resp.Body.Close()
				if got := used(t, c, "default", "total_tokens"); got != test.tokens {
					t.Errorf("%d tokens are counted, want %d", got, test.tokens)
				}
				if got := used(t, c, "default", "requests"); got != 1 {
					t.Errorf("%d requests are counted, want 1", got)
				}
			})
		})
	}
}

func TestUseIsToldOfCallsWithoutLimitsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, limits := range [][]limit.Axis{nil, {perMinute(limit.Requests, 100)}} {
			p := &providers{answer: map[string]http.HandlerFunc{"a.example": ok(10, 20)}}
			c := serve(t, p, upstream.Options{MaxTries: 1, Limits: limits})
			var told []llm.Usage
			call := of("m")
			call.Used = func(u llm.Usage) { told = append(told, u) }
			ask(t, c, call)
			p.become(map[string]http.HandlerFunc{"a.example": status(400)})
			ask(t, c, call)
			if want := []llm.Usage{{Input: 10, Output: 20}}; !slices.Equal(told, want) {
				t.Errorf("told %+v, want %+v", told, want)
			}
		}
	})
}

func TestWhatWasNotSentIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, upstream.Options{MaxTries: 1, DialContext: offline, Limits: []limit.Axis{perMinute(limit.Requests, 100)}})
		_, err := c.Do(t.Context(), of("m"))
		callError(t, err, 502, "upstream_unreachable")
		if got := used(t, c, "default", "requests"); got != 0 {
			t.Errorf("%d requests are counted of a call that was not sent", got)
		}
	})
}

func TestAnthropicsCachedTokensAreFree(t *testing.T) {
	for provider, want := range map[upstream.Provider]int64{upstream.Anthropic: 15, upstream.OpenAI: 105} {
		synctest.Test(t, func(t *testing.T) {
			p := &providers{answer: map[string]http.HandlerFunc{"a.example": func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, `{"usage":{"input_tokens":10,"cache_read_input_tokens":90,"cache_creation_input_tokens":5,"output_tokens":7}}`)
			}}}
			d := at("a")
			d.Provider, d.Limits = provider, []limit.Axis{perMinute(limit.InputTokens, 10_000)}
			c := serve(t, p, upstream.Options{Deployments: []upstream.Deployment{d}})
			ask(t, c, of("m"))
			if got := used(t, c, "a", "input_tokens"); got != want {
				t.Errorf("%s: %d input tokens are counted, want %d", provider, got, want)
			}
		})
	}
}

// A deployment whose provider charges max_tokens is asked for all of them.
func TestAllowedTokensAreReservedWhereTheyAreCharged(t *testing.T) {
	for keeps, want := range map[bool]int64{true: 2000 + 13, false: 30} {
		synctest.Test(t, func(t *testing.T) {
			axis := perMinute(limit.TotalTokens, 10_000)
			axis.Rule.Keeps = keeps
			c := serve(t, &providers{}, upstream.Options{Limits: []limit.Axis{axis}})
			call := chat(strings.Replace(chatBody, "{", `{"max_tokens":2000,`, 1))
			ask(t, c, call)
			if got := used(t, c, "default", "total_tokens"); got != want {
				t.Errorf("keeps %v: %d tokens are counted, want %d", keeps, got, want)
			}
		})
	}
}

func TestTheProvidersWordIsBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &providers{answer: map[string]http.HandlerFunc{"a.example": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("x-ratelimit-limit-requests", "50")
			w.Header().Set("x-ratelimit-remaining-requests", "10")
			ok(1, 1)(w, r)
		}}}
		c := serve(t, p, upstream.Options{Limits: []limit.Axis{perMinute(limit.Requests, 100)}})
		ask(t, c, of("m"))
		s := c.Standings(t.Context())[0].Limits[0]
		if s.Limit != 50 || s.Available != 10 {
			t.Errorf("stands at %+v after the provider told 10 of 50", s)
		}
	})
}

// One refusal keeps everybody away until the provider wants them back; all are
// answered, and nobody sees it.
func TestARefusalPausesEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var once sync.Once
		p := &providers{answer: map[string]http.HandlerFunc{"a.example": func(w http.ResponseWriter, r *http.Request) {
			refuse := false
			once.Do(func() { refuse = true })
			if refuse {
				status(429, "Retry-After", "7")(w, r)
				return
			}
			ok(1, 1)(w, r)
		}}}
		c := serve(t, p, upstream.Options{Limits: []limit.Axis{perMinute(limit.Requests, 100)}})
		begin := time.Now()
		var all sync.WaitGroup
		all.Go(func() { ask(t, c, of("m")) })
		synctest.Wait()
		for range 5 {
			all.Go(func() {
				if resp := ask(t, c, of("m")); resp.StatusCode != 200 {
					t.Errorf("status %d", resp.StatusCode)
				}
			})
		}
		all.Wait()
		for i, a := range p.arrivals[1:] {
			if after := a.at.Sub(begin); after < 7*time.Second {
				t.Errorf("call %d arrived after %v, and the provider asked for 7 s", i, after)
			}
		}
		if len(p.arrivals) != 7 {
			t.Errorf("%d calls arrived, want 6 and one again", len(p.arrivals))
		}
	})
}

func TestTenantsLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := upstream.Options{BaseURL: "http://a.example/v1", Limits: []limit.Axis{perMinute(limit.Requests, 100)}}
		opts.Ledger = pace.NewLocal(func(subject string) ([]limit.Axis, bool) {
			if subject == "tenant/acme" {
				return []limit.Axis{perMinute(limit.Requests, 1)}, true
			}
			return opts.Subject(subject)
		})
		c := serve(t, &providers{}, opts)
		call := of("m")
		call.Tenant, call.TenantLimits, call.MaxWait = "acme", "tenant/acme", -1
		ask(t, c, call)
		_, err := c.Do(t.Context(), call)
		callError(t, err, 429, "rate_limit_exceeded")
		if got := used(t, c, "default", "requests"); got != 1 {
			t.Errorf("the deployment counts %d requests, want the one that was sent", got)
		}
		ask(t, c, of("m")) // nobody else is held up
	})
}

func TestWhatNeverFitsIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := serve(t, &providers{}, upstream.Options{Limits: []limit.Axis{perMinute(limit.TotalTokens, 100)}})
		ask(t, c, of("m")) // expected to be longer than allowed, but it may be shorter
		_, err := c.Do(t.Context(), chat(`{"messages":[{"role":"user","content":"`+strings.Repeat("word ", 400)+`"}]}`))
		callError(t, err, 413, "request_above_limit")
	})
}

// Each caller's own credential is an account of its own.
func TestCallersKeysHaveTheirOwnLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := serve(t, &providers{}, upstream.Options{Limits: []limit.Axis{perMinute(limit.Requests, 1)}})
		for _, key := range []string{"Bearer one", "Bearer two", ""} {
			call := of("m")
			call.Authorization, call.MaxWait = key, -1
			ask(t, c, call)
			_, err := c.Do(t.Context(), call)
			callError(t, err, 503, "upstream_overloaded")
		}
	})
}

func TestAWaiterThatLeavesIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &providers{}
		c := serve(t, p, upstream.Options{Limits: []limit.Axis{perMinute(limit.Requests, 1)}})
		ask(t, c, of("m"))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		patient := of("m")
		patient.MaxWait = 2 * time.Minute
		if _, err := c.Do(ctx, patient); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
		if s := c.Standings(t.Context())[0]; s.Waiting.Calls != [3]int{} || s.InFlight != 0 {
			t.Errorf("stands at %+v", s)
		}
		time.Sleep(2 * time.Minute)
		if len(p.arrivals) != 1 {
			t.Errorf("%d calls arrived, want 1", len(p.arrivals))
		}
	})
}
