// Asking: chat completions, the cache's own API, readiness.

package clustertest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// answer is a response read to its end.
type answer struct {
	status int
	header http.Header
	body   string
	took   time.Duration
}

// layer is where the receipt says that the answer comes from: none, exact or
// semantic.
func (a answer) layer() string {
	layer, _, _ := strings.Cut(a.header.Get("Askonce-Receipt"), ";")
	return strings.TrimPrefix(layer, "layer=")
}

// text is what the model said, of a document or of a stream.
func (a answer) text(t *testing.T) string {
	t.Helper()
	if !strings.HasPrefix(a.body, "data: ") {
		return content(t, a.body).Message.Content
	}
	if !strings.HasSuffix(a.body, "data: [DONE]\n\n") {
		t.Errorf("the stream has no end: %q", a.body)
	}
	var all strings.Builder
	for line := range strings.Lines(a.body) {
		event, ok := strings.CutPrefix(strings.TrimSpace(line), "data: ")
		if ok && event != "[DONE]" {
			all.WriteString(content(t, event).Delta.Content)
		}
	}
	return all.String()
}

// choice is the part of an answer or of a stream's event that matters here.
type choice struct {
	Message, Delta struct{ Content string }
}

func content(t *testing.T, doc string) choice {
	t.Helper()
	var parsed struct{ Choices []choice }
	if err := json.Unmarshal([]byte(doc), &parsed); err != nil {
		t.Fatalf("%v: %q", err, doc)
	}
	if len(parsed.Choices) == 0 {
		return choice{}
	}
	return parsed.Choices[0]
}

// caller is a client of its own, so that connections to programs that were
// killed are nobody else's.
type caller struct {
	t      *testing.T
	url    string
	client *http.Client
}

func newCaller(t *testing.T, url string) *caller {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &caller{t: t, url: url, client: &http.Client{Transport: transport, Timeout: patience}}
}

// try sends a request and reads the answer. The credential is the same each
// time, and so is the tenant.
func (c *caller) try(method, path, body string, header ...string) (answer, error) {
	began := time.Now()
	req, err := http.NewRequest(method, c.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer sk-test")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(raw), time.Since(began)}, err
}

// send is try for requests that must arrive.
func (c *caller) send(method, path, body string, header ...string) answer {
	c.t.Helper()
	a, err := c.try(method, path, body, header...)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

// question is the body of a chat completion.
func question(text string, stream bool) string {
	body, err := json.Marshal(map[string]any{
		"model": "gpt-4o-mini", "stream": stream,
		"messages": []map[string]string{{"role": "user", "content": text}},
	})
	if err != nil {
		panic(err) // texts and booleans are JSON
	}
	return string(body)
}

// chat asks a question and demands an answer.
func (c *caller) chat(text string, stream bool, header ...string) answer {
	c.t.Helper()
	a := c.send("POST", "/v1/chat/completions", question(text, stream), header...)
	if a.status != http.StatusOK {
		c.t.Fatalf("status %d: %s", a.status, a.body)
	}
	return a
}

// cached asks the cache alone.
func (c *caller) cached(text string) answer {
	c.t.Helper()
	return c.send("POST", "/v1/chat/completions", question(text, false), "Cache-Control", "only-if-cached")
}

// whenCached asks until the cache can answer: answers and their vectors are
// written behind the answer.
func (c *caller) whenCached(text string) answer {
	c.t.Helper()
	var a answer
	within(c.t, patience, "the cache answers "+text, func() bool {
		a = c.cached(text)
		return a.status == http.StatusOK
	})
	return a
}

// rest calls the cache's own API, and reads the answer into result.
func (c *caller) rest(method, path string, body any, want int, result any) {
	c.t.Helper()
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			c.t.Fatal(err)
		}
	}
	a := c.send(method, path, sent.String())
	if a.status != want {
		c.t.Fatalf("%s %s: status %d, want %d: %s", method, path, a.status, want, a.body)
	}
	if result != nil {
		if err := json.Unmarshal([]byte(a.body), result); err != nil {
			c.t.Fatal(err)
		}
	}
}

// ready is what /readyz says: ready, degraded or draining.
func (c *caller) ready() string {
	c.t.Helper()
	var said struct{ Status string }
	c.rest("GET", "/readyz", nil, http.StatusOK, &said)
	return said.Status
}

// metric is the sum of a metric's values over all its labels.
func (c *caller) metric(name string) float64 {
	c.t.Helper()
	sum := 0.0
	for line := range strings.Lines(c.send("GET", "/metrics", "").body) {
		series, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if base, _, _ := strings.Cut(series, "{"); base == name {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				c.t.Fatalf("%v: %s", err, line)
			}
			sum += n
		}
	}
	return sum
}

// within polls until the answer is yes, and fails the test after the limit.
func within(t *testing.T, limit time.Duration, what string, yes func() bool) {
	t.Helper()
	deadline := time.After(limit)
	every := time.NewTicker(10 * time.Millisecond)
	defer every.Stop()
	for !yes() {
		select {
		case <-every.C:
		case <-deadline:
			t.Fatalf("after %v still not true: %s", limit, what)
		}
	}
}
