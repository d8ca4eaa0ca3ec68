package api_test

import (
	"testing"

	"github.com/askonce/askonce/api"
)

func TestTheLoopbackGuard(t *testing.T) {
	w := newWorld(t, plan{})
	for _, test := range []struct {
		name    string
		status  int
		headers []string
	}{
		{"localhost", 200, []string{"Host", "localhost:8080"}},
		{"no port", 200, []string{"Host", "127.0.0.1"}},
		{"another loopback address", 200, []string{"Host", "127.1.2.3:80"}},
		{"IPv6", 200, []string{"Host", "[::1]:8080"}},
		{"a rebound name", 403, []string{"Host", "evil.example:8080"}},
		{"a name that begins like an address", 403, []string{"Host", "127.0.0.1.evil.example"}},
		{"another machine", 403, []string{"Host", "192.168.1.5:8080"}},
		{"the console's own page", 200, []string{"Host", "localhost:8080", "Origin", "http://localhost:8080", "Sec-Fetch-Site", "same-origin"}},
		{"a page of another site", 403, []string{"Sec-Fetch-Site", "cross-site"}},
		{"a page of another port", 403, []string{"Host", "localhost:8080", "Origin", "http://localhost:3000"}},
		{"a sandboxed page", 403, []string{"Origin", "null"}},
		{"a charset", 200, []string{"Content-Type", "application/json; charset=utf-8"}},
		{"a form", 415, []string{"Content-Type", "application/x-www-form-urlencoded"}},
		{"plain text", 415, []string{"Content-Type", "text/plain"}},
		{"no type", 415, []string{"Content-Type", ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w.chat(question("x"), test.headers...).wants(t, test.status)
			got := w.post("/v1/cache/lookup", `{"prompt":"x"}`, test.headers...).wants(t, test.status)
			if got.header.Get("Access-Control-Allow-Origin") != "" {
				t.Error("a page of another site is let in")
			}
			if test.status == 403 {
				w.send("GET", "/metrics", "", test.headers...).wants(t, 403)
			}
		})
	}
}

func TestWithoutLoopbackAnyNameIsServed(t *testing.T) {
	w := newWorld(t, plan{options: func(o *api.Options) { o.Loopback = false }})
	w.chat(question("x"), "Host", "askonce.example", "Content-Type", "text/plain").wants(t, 200)
}
