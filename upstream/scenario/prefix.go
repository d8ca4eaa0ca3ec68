// The scenario prefix: what a provider's prefix cache finds of prompts as they
// are written, of the same through askonce, and of the same arranged by hand.

package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/tidwall/gjson"

	"github.com/askonce/askonce/upstream/internal/pipenet"
	"github.com/askonce/askonce/upstream/scenario/workload"
	"github.com/askonce/askonce/upstream/simulator"
)

// Prefix is the scenario's name.
const Prefix = "prefix"

// PrefixPurpose says what it is, in a sentence.
const PrefixPurpose = "Prompts of four kinds of applications, as they are written, through askonce, and arranged by hand: what the provider has cached."

// A Dialect is a provider's API.
type Dialect string

// The dialects.
const (
	OpenAI    Dialect = "openai"
	Anthropic Dialect = "anthropic"
)

// Dialects are all of them.
var Dialects = []Dialect{OpenAI, Anthropic}

// path is where prompts go, below the base URL.
func (d Dialect) path() string {
	if d == Anthropic {
		return "/messages"
	}
	return "/chat/completions"
}

// Model is the one that is asked.
func (d Dialect) Model() string {
	if d == Anthropic {
		return "claude-sonnet-4-5"
	}
	return "gpt-4.1"
}

// body is a prompt as a request.
func (d Dialect) body(p workload.Prompt) []byte {
	if d == Anthropic {
		return p.Anthropic(d.Model())
	}
	return p.OpenAI(d.Model())
}

// A Way leads to a provider.
type Way struct {
	Transport http.RoundTripper
	BaseURL   string      // with the version
	Header    http.Header // of each request
}

// A Form is how the prompts of a workload reach the provider.
type Form string

// The forms.
const (
	Before Form = "before" // as they are written, without askonce
	After  Form = "after"  // the same, through askonce
	Hand   Form = "hand"   // arranged by hand, without askonce
)

// Forms are all of them.
var Forms = []Form{Before, After, Hand}

func (f Form) prompt(c workload.Call) workload.Prompt {
	if f == Hand {
		return c.Hand
	}
	return c.Written
}

// PromptUsage is what answers said of prompts' tokens.
type PromptUsage struct {
	calls                                  int
	prompt, cached, written, writtenHourly int64
}

func (u *PromptUsage) add(other PromptUsage) {
	u.calls += other.calls
	u.prompt += other.prompt
	u.cached += other.cached
	u.written += other.written
	u.writtenHourly += other.writtenHourly
}

// usageOf reads the usage of an answer.
func usageOf(answer []byte) PromptUsage {
	u := gjson.GetBytes(answer, "usage")
	if openAI := u.Get("prompt_tokens"); openAI.Exists() {
		return PromptUsage{1, openAI.Int(), u.Get("prompt_tokens_details.cached_tokens").Int(), 0, 0}
	}
	read, written := u.Get("cache_read_input_tokens").Int(), u.Get("cache_creation_input_tokens").Int()
	return PromptUsage{1, u.Get("input_tokens").Int() + read + written, read, written, u.Get("cache_creation.ephemeral_1h_input_tokens").Int()}
}

// PlayPrompts sends a workload's prompts at their times, and sums up what the
// provider said of them.
func PlayPrompts(ctx context.Context, w workload.Workload, d Dialect, form Form, way Way) (PromptUsage, error) {
	client := &http.Client{Transport: way.Transport}
	var calls sync.WaitGroup
	var mu sync.Mutex
	var sum PromptUsage
	var failed error
	begun := time.Now()
	for _, c := range w.Calls {
		sleepUntil(ctx, begun.Add(c.At))
		if ctx.Err() != nil {
			break
		}
		calls.Go(func() {
			u, err := ask(ctx, client, way, d, d.body(form.prompt(c)))
			mu.Lock()
			defer mu.Unlock()
			if sum.add(u); err != nil {
				failed = fmt.Errorf("scenario %s: workload %s: %w", Prefix, w.Name, err)
			}
		})
	}
	calls.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	return sum, failed
}

// ask sends one prompt.
func ask(ctx context.Context, client *http.Client, way Way, d Dialect, body []byte) (PromptUsage, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, way.BaseURL+d.path(), bytes.NewReader(body))
	if err != nil {
		return PromptUsage{}, err
	}
	for name, values := range way.Header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return PromptUsage{}, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	return usageOf(answer), err
}

// A Dial connects to a host, as a dialer's DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// A Gateway is askonce before a provider that dial reaches under baseURL. close
// ends all that it has started.
type Gateway func(dial Dial, baseURL string) (handler http.Handler, close func() error, err error)

// SimulatePrefix plays all workloads in simulated time.
func SimulatePrefix(prices map[Dialect]Price, askonce Gateway) (*PrefixReport, error) {
	return NewPrefixReport("simulated", prices, 1, func(w workload.Workload, d Dialect, form Form) (used PromptUsage, err error) {
		inBubble(func() { used, err = simulatedPrompts(w, d, form, askonce) })
		return used, err
	})
}

// simulatedPrompts plays a workload before a provider of its own.
func simulatedPrompts(w workload.Workload, d Dialect, form Form, askonce Gateway) (used PromptUsage, err error) {
	sim, err := NewPromptSimulator()
	if err != nil {
		return used, err
	}
	provider := pipenet.Serve(sim)
	defer provider.Stop()
	dial := Dial(provider.DialContext)
	const baseURL = "http://127.0.0.1/v1" // askonce without keys answers to its own machine alone
	if form == After {
		handler, end, err := askonce(dial, baseURL)
		if err != nil {
			return used, err
		}
		defer func() { err = errors.Join(err, end()) }()
		gateway := pipenet.Serve(handler)
		defer gateway.Stop()
		dial = gateway.DialContext
	}
	transport := &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 1 << 6}
	defer transport.CloseIdleConnections()
	return PlayPrompts(context.Background(), w, d, form, Way{Transport: transport, BaseURL: baseURL, Header: PromptHeader("sk-simulated")})
}

// NewPromptSimulator makes the provider of the scenario.
func NewPromptSimulator() (*simulator.Simulator, error) {
	return simulator.New(simulator.Options{Latency: ProviderLatency})
}

// PromptHeader is that of each request with a key: askonce is to ask the
// provider each time.
func PromptHeader(key string) http.Header {
	h := make(http.Header)
	h.Set("Authorization", "Bearer "+key)
	h.Set("Anthropic-Version", "2023-06-01")
	h.Set("Askonce-Mode", "off")
	return h
}
