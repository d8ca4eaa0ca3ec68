package upstream_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream"
	"github.com/askonce/askonce/upstream/limit"
	"github.com/askonce/askonce/upstream/simulator"
)

// BenchmarkDo compares a call with the same one by net/http's own client: what
// is between them is what this package adds to a miss. metered reads the usage;
// limited has three axes, none of them scarce: what it adds is the estimate, the reservation, and reading
// the usage.
func BenchmarkDo(b *testing.B) {
	sim, err := simulator.New(simulator.Options{})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(sim)
	defer server.Close()
	client, err := upstream.New(upstream.Options{BaseURL: server.URL + "/v1", APIKey: "sk"})
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()

	limited, err := upstream.New(upstream.Options{BaseURL: server.URL + "/v1", APIKey: "sk", Limits: []limit.Axis{
		perMinute(limit.Requests, 1<<40), perMinute(limit.InputTokens, 1<<50), perMinute(limit.TotalTokens, 1<<50),
	}})
	if err != nil {
		b.Fatal(err)
	}
	defer limited.Close()

	finish := func(b *testing.B, resp *http.Response, err error) {
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatal(resp, err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	b.Run("client", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			resp, err := client.Do(b.Context(), chat(chatBody))
			finish(b, resp, err)
		}
	})
	b.Run("metered", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			call := chat(chatBody)
			call.Used = func(llm.Usage) {}
			resp, err := client.Do(b.Context(), call)
			finish(b, resp, err)
		}
	})
	b.Run("limited", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			resp, err := limited.Do(b.Context(), chat(chatBody))
			finish(b, resp, err)
		}
	})
	b.Run("net/http", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			resp, err := http.Post(server.URL+"/v1/chat/completions", "application/json", bytes.NewReader([]byte(chatBody)))
			finish(b, resp, err)
		}
	})
}
