package upstream_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidwall/gjson"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream"
	"github.com/askonce/askonce/upstream/limit"
)

// model is one model with these deployments.
func model(strategy upstream.Strategy, deployments ...upstream.Deployment) upstream.Options {
	var names []string
	for _, d := range deployments {
		names = append(names, d.Name)
	}
	return upstream.Options{Deployments: deployments, Models: map[string]upstream.Model{"m": {Deployments: names, Strategy: strategy}}}
}

func TestWeightsAreShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := at("a"), at("b")
		a.Weight, b.Weight = 60, 40
		p := &providers{}
		c := serve(t, p, model(upstream.Weighted, a, b))
		for range 50 {
			resp := ask(t, c, of("m"))
			if name := resp.Header.Get(llm.DeploymentHeader); name != "a" && name != "b" {
				t.Fatalf("answered by %q", name)
			}
		}
		if p.at("a.example") != 30 || p.at("b.example") != 20 {
			t.Errorf("%d and %d calls, want 30 and 20", p.at("a.example"), p.at("b.example"))
		}
	})
}

func TestHeadroomGoesWhereThereIsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := at("a"), at("b")
		a.Limits, b.Limits = []limit.Axis{perMinute(limit.Requests, 30)}, []limit.Axis{perMinute(limit.Requests, 100)}
		p := &providers{}
		c := serve(t, p, model(upstream.Headroom, a, b))
		for range 100 {
			ask(t, c, of("m"))
			time.Sleep(200 * time.Millisecond)
		}
		if first, second := p.at("a.example"), p.at("b.example"); first < 20 || first > 27 || second != 100-first {
			t.Errorf("%d calls to the one with 30 and %d to the one with 100 per minute; what is left of each should be alike", first, second)
		}
	})
}

// Two limits are used together: what one has no room for goes to the other,
// and only then is there a wait.
func TestCallsGoWhereThereIsRoomAtOnce(t *testing.T) {
	for _, strategy := range []upstream.Strategy{upstream.Weighted, upstream.Headroom, upstream.Failover} {
		synctest.Test(t, func(t *testing.T) {
			a, b := at("a"), at("b")
			a.Limits, b.Limits = []limit.Axis{perMinute(limit.Requests, 3)}, []limit.Axis{perMinute(limit.Requests, 5)}
			p := &providers{}
			c := serve(t, p, model(strategy, a, b))
			begin := time.Now()
			for range 8 {
				ask(t, c, of("m"))
			}
			if time.Since(begin) > time.Second || p.at("a.example") != 3 || p.at("b.example") != 5 {
				t.Errorf("%s: %d and %d calls in %v", strategy, p.at("a.example"), p.at("b.example"), time.Since(begin))
			}
		})
	}
}

func TestFailoverAndBack(t *testing.T) {
	for name, fails := range map[string]http.HandlerFunc{
		"429": status(429, "Retry-After", "20"), "500": status(500), "hangs": hang,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var down atomic.Bool
				down.Store(true)
				p := &providers{answer: map[string]http.HandlerFunc{"a.example": func(w http.ResponseWriter, r *http.Request) {
					if down.Load() {
						fails(w, r)
						return
					}
					ok(1, 1)(w, r)
				}}}
				a, b := at("a"), at("b")
				a.FirstByteTimeout, b.Passive = 3*time.Second, true
				c := serve(t, p, model(upstream.Failover, a, b))
				for range 60 {
					resp := ask(t, c, of("m"))
					if resp.StatusCode != 200 || resp.Header.Get(llm.DeploymentHeader) != "b" {
						t.Fatalf("status %d by %s", resp.StatusCode, resp.Header.Get(llm.DeploymentHeader))
					}
					time.Sleep(time.Second)
				}
				if n := p.at("a.example"); n > 20 {
					t.Errorf("the one that is down was tried %d times in a minute", n)
				}
				if n := p.at("b.example"); n != 60 {
					t.Errorf("60 calls were made %d times at the one that is well", n)
				}
				down.Store(false)
				time.Sleep(20 * time.Second)
				if resp := ask(t, c, of("m")); resp.Header.Get(llm.DeploymentHeader) != "a" {
					t.Errorf("answered by %s after the primary is back", resp.Header.Get(llm.DeploymentHeader))
				}
			})
		})
	}
}

// What may not be retried does not go to another deployment either.
func TestNoFailoverForTheCallersFault(t *testing.T) {
	for _, code := range []int{400, 401, 403, 404, 413, 422} {
		synctest.Test(t, func(t *testing.T) {
			p := &providers{answer: map[string]http.HandlerFunc{"a.example": status(code)}}
			c := serve(t, p, model(upstream.Failover, at("a"), at("b")))
			if resp := ask(t, c, of("m")); resp.StatusCode != code || p.at("b.example") != 0 {
				t.Errorf("%d: got %d, and %d calls to the other", code, resp.StatusCode, p.at("b.example"))
			}
		})
	}
}

// Callers who leave say nothing about the deployment that they waited for.
func TestCallersWhoLeaveOpenNoBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &providers{answer: map[string]http.HandlerFunc{"a.example": hang}}
		c := serve(t, p, model(upstream.Failover, at("a"), at("b")))
		for range 10 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			if _, err := c.Do(ctx, of("m")); !errors.Is(err, context.Canceled) {
				t.Fatalf("error %v", err)
			}
		}
		if p.at("a.example") != 10 || c.Standings(t.Context())[0].Breaker != "closed" {
			t.Errorf("%d calls, breaker %s", p.at("a.example"), c.Standings(t.Context())[0].Breaker)
		}
	})
}

// A probe that shows nothing is followed by another one.
func TestAProbeThatIsLeftIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &providers{answer: map[string]http.HandlerFunc{"a.example": status(500)}}
		c := serve(t, p, model(upstream.Failover, at("a"), at("b")))
		for range 5 {
			ask(t, c, of("m"))
		}
		p.become(map[string]http.HandlerFunc{"a.example": hang})
		time.Sleep(6 * time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := c.Do(ctx, of("m")); !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v", err)
		}
		p.become(nil)
		time.Sleep(6 * time.Second)
		if resp := ask(t, c, of("m")); resp.Header.Get(llm.DeploymentHeader) != "a" {
			t.Errorf("answered by %s", resp.Header.Get(llm.DeploymentHeader))
		}
	})
}

// Where all have failed and one is being tried, a call is not lost.
func TestNobodyIsRefusedForAProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &providers{answer: map[string]http.HandlerFunc{"a.example": status(500), "b.example": status(500)}}
		c := serve(t, p, model(upstream.Failover, at("a"), at("b")))
		for range 5 {
			ask(t, c, of("m"))
		}
		slow := func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			ok(1, 1)(w, r)
		}
		p.become(map[string]http.HandlerFunc{"a.example": slow, "b.example": slow})
		time.Sleep(10 * time.Second)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if resp := ask(t, c, of("m")); resp.StatusCode != 200 {
					t.Errorf("status %d", resp.StatusCode)
				}
			})
		}
		all.Wait()
	})
}

// Without a time of its own, a silent deployment is waited for: it may answer
// yet.
func TestASilentDeploymentIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &providers{answer: map[string]http.HandlerFunc{"a.example": hang}}
		opts := model(upstream.Failover, at("a"), at("b"))
		opts.Timeout = time.Minute
		c := serve(t, p, opts)
		_, err := c.Do(t.Context(), of("m"))
		callError(t, err, 504, "upstream_timeout")
		if p.at("b.example") != 0 {
			t.Error("it was asked twice")
		}
	})
}

func TestThePassiveOneIsKeptWarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &providers{}
		a, b := at("a"), at("b")
		b.Passive = true
		c := serve(t, p, model(upstream.Weighted, a, b))
		for range 600 { // ten minutes
			ask(t, c, of("m"))
			time.Sleep(time.Second)
		}
		if n := p.at("b.example"); n < 15 || n > 25 {
			t.Errorf("%d of 600 calls in ten minutes went to the passive one, want one in 30 s", n)
		}
	})
}

func TestSubstitutesAreLastAndMarked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &providers{answer: map[string]http.HandlerFunc{"a.example": status(500)}}
		a, b := at("a"), at("b")
		a.Model, b.Model = "large", "small"
		c := serve(t, p, model(upstream.Weighted, b, a))
		for range 4 {
			if resp := ask(t, c, of("m")); resp.Header.Get(llm.SubstituteHeader) != "" || resp.Header.Get(llm.DeploymentHeader) != "b" {
				t.Errorf("header %v of the model itself", resp.Header)
			}
		}
		p.become(map[string]http.HandlerFunc{"b.example": status(500)})
		resp := ask(t, c, of("m"))
		if resp.Header.Get(llm.SubstituteHeader) != "large" || resp.Header.Get(llm.DeploymentHeader) != "a" {
			t.Errorf("header %v of a substitute", resp.Header)
		}
		same := model(upstream.Weighted, b, a)
		m := same.Models["m"]
		m.SameModel = true
		same.Models["m"] = m
		if resp := ask(t, serve(t, p, same), of("m")); resp.Header.Get(llm.SubstituteHeader) != "" {
			t.Errorf("a deployment of the same model is marked: %v", resp.Header)
		}
	})
}

// A model that is served in both dialects is called in the one that the caller
// speaks, also when that deployment is down.
func TestCallsGoWhereTheirDialectIsSpoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := at("a"), at("b")
		a.Provider, b.Provider = upstream.Anthropic, upstream.OpenAI
		p := &providers{}
		options := model(upstream.Weighted, a, b)
		options.MaxTries = 2
		c := serve(t, p, options)
		messages := of("m")
		messages.Path, messages.Endpoint = "/messages", llm.Messages
		for range 4 {
			if got := ask(t, c, messages).Header.Get(llm.DeploymentHeader); got != "a" {
				t.Errorf("messages went to %q", got)
			}
			if got := ask(t, c, of("m")).Header.Get(llm.DeploymentHeader); got != "b" {
				t.Errorf("a chat went to %q", got)
			}
		}
		p.become(map[string]http.HandlerFunc{"a.example": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }})
		before := p.at("b.example")
		ask(t, c, messages)
		if p.at("b.example") != before {
			t.Error("messages failed over to a deployment that does not speak their dialect")
		}
	})
}

func TestModelsByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &providers{}
		a, b, open := at("a"), at("b"), at("open")
		a.Model, b.Model = "gpt-4o", "llama"
		opts := upstream.Options{Deployments: []upstream.Deployment{a, b, open}, Models: map[string]upstream.Model{"fast": {Deployments: []string{"b"}}}}
		c := serve(t, p, opts)
		for model, want := range map[string][2]string{
			"gpt-4o": {"a.example", "gpt-4o"}, "llama": {"b.example", "llama"}, "fast": {"b.example", "llama"}, "other": {"open.example", "other"},
		} {
			ask(t, c, of(model))
			last := p.arrivals[len(p.arrivals)-1]
			if got := gjson.Get(last.body, "model").Str; last.host != want[0] || got != want[1] {
				t.Errorf("%s went to %s as %s, want %v", model, last.host, got, want)
			}
		}
		opts.Deployments = opts.Deployments[:2]
		_, err := serve(t, p, opts).Do(t.Context(), of("other"))
		callError(t, err, 404, "model_not_found")
	})
}

func TestCredentialsAndPathsByProvider(t *testing.T) {
	tests := []struct {
		name   string
		edit   func(*upstream.Deployment)
		path   string
		query  string
		header string
		value  string
	}{
		{"OpenAI", func(*upstream.Deployment) {}, "/v1/chat/completions", "", "Authorization", "Bearer sk-a"},
		{"Azure", func(d *upstream.Deployment) {
			d.Provider, d.BaseURL, d.Model = upstream.Azure, "http://a.example", "our"
		}, "/openai/deployments/our/chat/completions", "api-version=2024-10-21", "Api-Key", "sk-a"},
		{"Azure's newer API", func(d *upstream.Deployment) { d.Provider, d.BaseURL = upstream.Azure, "http://a.example/openai/v1" },
			"/openai/v1/chat/completions", "", "Api-Key", "sk-a"},
		{"Anthropic", func(d *upstream.Deployment) { d.Provider = upstream.Anthropic }, "/v1/chat/completions", "", "X-Api-Key", "sk-a"},
		{"Gemini", func(d *upstream.Deployment) {
			d.Provider, d.BaseURL = upstream.Gemini, "http://a.example/v1beta/openai"
		}, "/v1beta/openai/chat/completions", "", "Authorization", "Bearer sk-a"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &providers{}
				d := at("a")
				test.edit(&d)
				call := of("m")
				call.Header = http.Header{"Api-Key": nil}
				ask(t, serve(t, p, model(upstream.Weighted, d)), call)
				got := p.arrivals[0]
				if got.path != test.path || got.query != test.query || got.header.Get(test.header) != test.value {
					t.Errorf("got %s?%s with %v", got.path, got.query, got.header)
				}
			})
		})
	}
}

func TestCallersKeysGoOnlyWhereTheyAreTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &providers{answer: map[string]http.HandlerFunc{"b.example": status(500)}}
		a, b := at("a"), at("b")
		b.CallersKeys = true
		opts := model(upstream.Weighted, a, b)
		opts.MaxTries = 3
		c := serve(t, p, opts)
		bearer := of("m")
		bearer.Authorization = "Bearer sk-callers"
		ask(t, c, bearer)
		apiKey := of("m")
		apiKey.Header = http.Header{"X-Api-Key": {"sk-callers"}}
		ask(t, c, apiKey)
		for _, got := range p.arrivals {
			if got.host != "b.example" || !strings.Contains(got.header.Get("Authorization")+got.header.Get("X-Api-Key"), "sk-callers") ||
				strings.Contains(got.header.Get("Authorization"), "sk-b") {
				t.Errorf("%s got %v", got.host, got.header)
			}
		}
		_, err := serve(t, p, model(upstream.Weighted, a)).Do(t.Context(), bearer)
		callError(t, err, 403, "own_key_not_taken")
	})
}

func TestDeploymentsProblems(t *testing.T) {
	_, err := upstream.New(upstream.Options{
		Deployments: []upstream.Deployment{
			{Name: "a b", BaseURL: "x"}, {Name: "c", BaseURL: "http://c", Provider: "nobody", Weight: -1, Model: `"`, FirstByteTimeout: -1},
			{Name: "c", BaseURL: "http://c", Limits: []limit.Axis{{Name: "x"}}},
		},
		Models: map[string]upstream.Model{"m": {Strategy: "luck", Deployments: []string{"d", "c", "c"}}, "n": {}},
	})
	for _, want := range []string{
		"Deployments[0].Name:", "Deployments[0].BaseURL:", "Deployments.c.Provider:", "Deployments.c.Weight:", "Deployments.c.Model:",
		"Deployments.c.FirstByteTimeout:", "Deployments.c: is there twice", "Deployments.c.Limits:", "Models.m.Strategy:", `no deployment "d"`,
		`"c" is there twice`, "Models.n:",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
}
