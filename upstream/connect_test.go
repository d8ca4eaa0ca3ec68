package upstream_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/upstream"
	"github.com/askonce/askonce/upstream/simulator"
)

func TestUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		p := start(t, simulator.Options{}, upstream.Options{APIKey: "sk-secret", DialContext: func(context.Context, string, string) (net.Conn, error) {
			dials++
			return nil, errors.New("dial 10.0.0.1: refused")
		}})
		begin := time.Now()
		_, err := p.Do(t.Context(), chat(chatBody))
		callError(t, err, 502, "upstream_unreachable")
		if took := time.Since(begin); dials != 5 || took > 19*time.Second {
			t.Errorf("%d dials in %v, want 5 in at most 18.75s", dials, took)
		}
		for _, secret := range []string{"sk-secret", "password", "10.0.0.1"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("error %q tells the caller %q", err, secret)
			}
		}
	})
}

func TestConnectTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, simulator.Options{}, upstream.Options{MaxTries: 2, ConnectTimeout: 3 * time.Second,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}})
		begin := time.Now()
		_, err := p.Do(t.Context(), chat(chatBody))
		callError(t, err, 502, "upstream_unreachable")
		if took := time.Since(begin); took < 6750*time.Millisecond || took > 7250*time.Millisecond {
			t.Errorf("took %v, want two times 3s and a wait of 1s", took)
		}
	})
}

func TestWrongCertificateIsNotRetried(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	defer server.Close()
	client := connect(t, upstream.Options{BaseURL: server.URL + "/v1", Timeout: time.Minute})
	begin := time.Now()
	_, err := client.Do(t.Context(), chat(chatBody))
	callError(t, err, 502, "upstream_unreachable")
	if took := time.Since(begin); took > 700*time.Millisecond {
		t.Errorf("took %v: waited for a certificate to get better", took)
	}
}

func TestHTTP2(t *testing.T) {
	sim, err := simulator.New(simulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(sim)
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client := connect(t, upstream.Options{BaseURL: server.URL + "/v1/", TLS: &tls.Config{RootCAs: roots}})
	for range 2 {
		resp, err := client.Do(t.Context(), chat(chatBody))
		if err != nil {
			t.Fatal(err)
		}
		if answer(t, resp); resp.ProtoMajor != 2 || resp.StatusCode != http.StatusOK {
			t.Errorf("%s %s", resp.Proto, resp.Status)
		}
	}
}

func TestKeepAlive(t *testing.T) {
	sim, err := simulator.New(simulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	defer server.Close()
	client := connect(t, upstream.Options{BaseURL: server.URL + "/v1"})
	var opened, reused int
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) {
		if c.Reused {
			reused++
		} else {
			opened++
		}
	}})
	for range 10 {
		resp, err := client.Do(ctx, chat(chatBody))
		if err != nil {
			t.Fatal(err)
		}
		answer(t, resp)
	}
	if opened != 1 || reused != 9 {
		t.Errorf("10 calls opened %d connections and reused one %d times", opened, reused)
	}
}

// recorded calls a provider that notes the request, and returns both sides.
func recorded(t *testing.T, opts upstream.Options, call *llm.Call, answer http.HandlerFunc) (*http.Request, *http.Response, error) {
	t.Helper()
	var got *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	opts.BaseURL = server.URL + "/v1"
	resp, err := connect(t, opts).Do(t.Context(), call)
	if err == nil {
		t.Cleanup(func() { resp.Body.Close() })
	}
	return got, resp, err
}

func TestHeadersThatGoUpstream(t *testing.T) {
	call := chat(chatBody)
	call.RawQuery = "api-version=1"
	call.Header = http.Header{
		"Content-Type":        {"application/json"},
		"Openai-Project":      {"proj-1"},
		"openai-beta":         {"x"},
		"Authorization":       {"Bearer smuggled"},
		"Host":                {"evil.example"},
		"Cookie":              {"session=1"},
		"Accept-Encoding":     {"br"},
		"Content-Length":      {"3"},
		"Askonce-Namespace":   {"n"},
		"Connection":          {"close, X-Hop"},
		"X-Hop":               {"1"},
		"Te":                  {"trailers"},
		"Proxy-Authorization": {"Basic x"},
	}
	got, _, err := recorded(t, upstream.Options{APIKey: "sk-service"}, call, func(http.ResponseWriter, *http.Request) {})
	if err != nil {
		t.Fatal(err)
	}
	want := http.Header{
		"Content-Type":    {"application/json"},
		"Openai-Project":  {"proj-1"},
		"Openai-Beta":     {"x"},
		"Authorization":   {"Bearer sk-service"},
		"Accept-Encoding": {"identity"},
		"Content-Length":  {"87"},
		"User-Agent":      {"askonce"},
	}
	for name, values := range got.Header {
		if strings.Join(values, ",") != strings.Join(want[name], ",") {
			t.Errorf("the provider got %s: %q, want %q", name, values, want[name])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("the provider did not get %v", want)
	}
	if got.URL.String() != "/v1/chat/completions?api-version=1" || strings.Contains(got.Host, "evil") {
		t.Errorf("the call went to %s %s", got.Host, got.URL)
	}
	if call.Header.Get("Cookie") == "" {
		t.Error("the caller's headers were changed")
	}
}

func TestCredentials(t *testing.T) {
	tests := []struct{ key, caller, want string }{
		{"sk-service", "", "Bearer sk-service"},
		{"sk-service", "Bearer sk-caller", "Bearer sk-caller"},
		{"", "Bearer sk-caller", "Bearer sk-caller"},
		{"", "", ""},
	}
	for _, tt := range tests {
		call := chat(chatBody)
		call.Authorization = tt.caller
		got, _, err := recorded(t, upstream.Options{APIKey: tt.key}, call, func(http.ResponseWriter, *http.Request) {})
		if err != nil {
			t.Fatal(err)
		}
		if got.Header.Get("Authorization") != tt.want {
			t.Errorf("service %q, caller %q: sent %q", tt.key, tt.caller, got.Header.Get("Authorization"))
		}
	}
}

func TestRedirectsAreNeitherFollowedNorPassedOn(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		followed := false
		_, _, err := recorded(t, upstream.Options{APIKey: "sk"}, chat(chatBody), func(w http.ResponseWriter, r *http.Request) {
			followed = followed || r.URL.Path == "/elsewhere"
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		})
		callError(t, err, 502, "upstream_redirect")
		if followed {
			t.Errorf("%d was followed", status)
		}
	}
}

func TestPaths(t *testing.T) {
	for path, want := range map[string]string{
		"/models/ft:gpt%2F1": "/v1/models/ft:gpt%2F1",
		"/files/a%20b":       "/v1/files/a%20b",
		"/models":            "/v1/models",
		"/../admin":          "",
		"/a/%2e%2E/b":        "",
		"/a/..%2fb":          "",
		"/.":                 "",
		"/%zz":               "",
		"@evil.example/":     "",
	} {
		got, _, err := recorded(t, upstream.Options{}, &llm.Call{Method: "GET", Path: path}, func(http.ResponseWriter, *http.Request) {})
		if want == "" {
			callError(t, err, 400, "bad_path")
			continue
		}
		if err != nil || got.RequestURI != want {
			t.Errorf("%s became %v, %v", path, got, err)
		}
	}
}

func TestCompressedAnswerIsPassedOnAsItIs(t *testing.T) {
	_, resp, err := recorded(t, upstream.Options{}, chat(chatBody), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write([]byte("\x1f\x8bbytes"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := answer(t, resp); got != "\x1f\x8bbytes" || resp.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("got %q, %q", got, resp.Header.Get("Content-Encoding"))
	}
}
