package api

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/askonce/askonce/policy"
	"github.com/askonce/askonce/policy/prefix"
)

// FuzzSteer: whatever the headers hold, they are refused by name or give
// directives within their bounds.
func FuzzSteer(f *testing.F) {
	f.Add("max-age=60, no-store", "ns", "a,b", "0.9", "60")
	f.Add(`min-fresh="9", only-if-cached=x`, "", ",", "1e0", "-1")
	f.Add("max-age=99999999999999999999", "-", "a", "NaN", "9223372036854775807")
	f.Fuzz(func(t *testing.T, control, namespace, tags, threshold, ttl string) {
		h := http.Header{
			"Cache-Control": {control}, "Askonce-Namespace": {namespace}, "Askonce-Tags": {tags},
			"Askonce-Threshold": {threshold}, "Askonce-Ttl": {ttl},
		}
		s, err := steer(h)
		var known *fault
		if err != nil {
			if !errors.As(err, &known) || known.status != http.StatusBadRequest || h[known.param] == nil {
				t.Fatalf("%v", err)
			}
			return
		}
		_, tagsErr := policy.Tags(s.Tags)
		if policy.Namespace(s.namespace) != nil || tagsErr != nil || policy.Threshold(s.Threshold) != nil ||
			s.TTL < policy.MinTTL || s.TTL > policy.MaxTTL || s.MaxAge < 0 || s.MinFresh < 0 {
			t.Fatalf("out of bounds: %+v", s)
		}
	})
}

// FuzzDecode: a body is read, or refused as a 400 that can be written.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"prompt":"x","response":{"a":1},"ttl":5,"tags":["a"],"x":1}`))
	f.Add([]byte(`{"request":{"messages":[]},"response":"r"}`))
	f.Add([]byte("{\"\xff\":1,\"a/~b\":[{}]}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		var into storeBody
		err := decode(body, "items[3]", &into, &into.Unknown)
		if err == nil {
			return
		}
		f := faultOf(err)
		if _, written := asProblem(f); f.status != http.StatusBadRequest || len(f.details) == 0 || !utf8.Valid(written) ||
			!strings.Contains(string(written), "items[3]") {
			t.Fatalf("%+v", f)
		}
	})
}

// FuzzGuard: a host passes for this machine only if a browser that reads it
// would connect to this machine.
func FuzzGuard(f *testing.F) {
	for _, host := range []string{"localhost", "127.0.0.1:1", "[::1]:80", "[::ffff:127.0.0.1]", "127.0.0.1.evil", "::1", "[localhost]", "localhost@evil", ""} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if !loopbackHost(host) {
			return
		}
		for _, address := range []string{"http://" + host, "http://[" + host + "]"} {
			u, err := url.Parse(address)
			if err != nil || u.User != nil {
				continue
			}
			name := u.Hostname()
			if strings.EqualFold(name, "localhost") || net.ParseIP(name).IsLoopback() {
				return
			}
		}
		if name, _, err := net.SplitHostPort(host); err == nil && (strings.EqualFold(name, "localhost") || net.ParseIP(name).IsLoopback()) {
			return // a port that no browser takes
		}
		t.Fatalf("%q passes", host)
	})
}

// FuzzExplain: whatever request is explained, the explanation is of that request
// and promises no more than its prefix has.
func FuzzExplain(f *testing.F) {
	f.Add([]byte(`{"model":"gpt-4o","messages":[{"role":"system","content":"Now: 10:35:22\n\nBe brief."},{"role":"user","content":"hi"}]}`))
	f.Add([]byte(`{"model":"claude-x","max_tokens":1,"system":[{"type":"text","text":"a","cache_control":{}}],"messages":[{"role":"user","content":[{"type":"x"}]}]}`))
	f.Add([]byte(`{"model":"m","input":[{"type":"function_call"},{"role":"user","content":"hi"}],"tools":[{"name":"b"},{"name":"a"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		view, err := ReadPrompt(body, "")
		if err != nil {
			return
		}
		explainer, err := NewExplainer(Options{Tokens: func(_, text string) int { return 100 * len(text) }})
		if err != nil {
			t.Fatal(err)
		}
		ask := &ExplainRequest{View: view, Namespace: "default", Mode: prefix.On}
		for range 2 {
			x := explainer.Explain(ask)
			if !x.After.IsValid() || (x.Unified == "") != (len(x.Diff) == 0) {
				t.Fatalf("after %s, unified %q", x.After, x.Unified)
			}
			for _, side := range []ExplainedPrefix{x.StablePrefix.Before, x.StablePrefix.After} {
				if side.Kept > side.Tokens || side.Kept < 0 || side.Why == "" {
					t.Fatalf("%+v", side)
				}
			}
			explainer.Teach(ask)
		}
	})
}
