package upstream_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream"
	"github.com/askonce/askonce/upstream/internal/pipenet"
	"github.com/askonce/askonce/upstream/limit"
)

// arrival is a call that reached a provider.
type arrival struct {
	at     time.Time
	host   string
	path   string
	query  string
	header http.Header
	body   string
}

// providers answers for all hosts, and remembers what arrived.
type providers struct {
	answer map[string]http.HandlerFunc // by host; others answer ok

	mu       sync.Mutex
	arrivals []arrival
}

func (p *providers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	p.arrivals = append(p.arrivals, arrival{time.Now(), r.Host, r.URL.EscapedPath(), r.URL.RawQuery, r.Header, string(body)})
	answer := p.answer[r.Host]
	p.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	ok(10, 20)(w, r)
}

// become makes the providers answer in another way.
func (p *providers) become(answer map[string]http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

// at is how many calls reached a host.
func (p *providers) at(host string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.arrivals {
		if a.host == host {
			n++
		}
	}
	return n
}

// ok answers with this usage.
func ok(input, output int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"choices":[{"message":{"content":"ok"}}],"usage":{"prompt_tokens":%d,"completion_tokens":%d}}`, input, output)
	}
}

// status answers with an error.
func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

// hang never answers.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// serve starts the providers and a client of them; it must run in a bubble of
// synctest.
func serve(t *testing.T, p *providers, opts upstream.Options) *upstream.Client {
	t.Helper()
	l := pipenet.Serve(p)
	t.Cleanup(l.Stop)
	opts.DialContext = l.DialContext
	if opts.BaseURL == "" && len(opts.Deployments) == 0 {
		opts.BaseURL = "http://a.example/v1"
	}
	return connect(t, opts)
}

// perMinute is a limit over a sliding minute.
func perMinute(unit limit.Unit, n int64) limit.Axis {
	return limit.Axis{Name: unit.String(), Unit: unit, Rule: limit.Rule{Counting: limit.SlidingWindow, Limit: n}}
}

// used is what is counted of a deployment's axis.
func used(t *testing.T, c *upstream.Client, deployment string, axis string) int64 {
	t.Helper()
	for _, s := range c.Standings(t.Context()) {
		for _, a := range s.Limits {
			if s.Deployment == deployment && a.Name == axis {
				return a.Used
			}
		}
	}
	t.Fatalf("deployment %s has no axis %s", deployment, axis)
	return 0
}

// ask makes a call and reads its answer.
func ask(t *testing.T, c *upstream.Client, call *llm.Call) *http.Response {
	t.Helper()
	resp, err := c.Do(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	answer(t, resp)
	return resp
}

// of is a chat call of a model.
func of(model string) *llm.Call {
	call := chat(strings.Replace(chatBody, "gpt-4o", model, 1))
	call.Model = model
	return call
}

// at is a deployment at a host.
func at(name string) upstream.Deployment {
	return upstream.Deployment{Name: name, BaseURL: "http://" + name + ".example/v1", APIKey: "sk-" + name}
}

// offline dials nobody.
func offline(context.Context, string, string) (net.Conn, error) { return nil, io.ErrUnexpectedEOF }
