package upstream_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/askonce/askonce/upstream"
	"github.com/askonce/askonce/upstream/simulator"
)

// BenchmarkDo compares a call with the same one by net/http's own client:
// what is between them is what this package adds to a miss.
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
	b.Run("net/http", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			resp, err := http.Post(server.URL+"/v1/chat/completions", "application/json", bytes.NewReader([]byte(chatBody)))
			finish(b, resp, err)
		}
	})
}
