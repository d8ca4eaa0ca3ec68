package load_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/askonce/askonce/bench/load"
)

// post is the bytes of a request with a body.
func post(body string) []byte {
	return fmt.Appendf(nil, "POST /x HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func dial(t *testing.T, addr string) *load.Conn {
	t.Helper()
	conn, err := load.Dial(t.Context(), load.HTTP, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestConnReadsAnswersOfEveryLength(t *testing.T) {
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Odd", "  yes ")
		if strings.HasPrefix(string(body), "chunks") {
			for part := range strings.SplitSeq(string(body), "-") {
				io.WriteString(w, part)
				w.(http.Flusher).Flush()
			}
			return
		}
		w.WriteHeader(http.StatusTeapot)
		w.Write(body)
	})
	conn := dial(t, addr)
	long := strings.Repeat("0123456789", 50_000)
	for _, test := range []struct {
		body, want string
		status     int
	}{
		{"", "", http.StatusTeapot},
		{"one", "one", http.StatusTeapot},
		{long, long, http.StatusTeapot},
		{"chunks-of-several-lengths-" + long, "chunksofseverallengths" + long, http.StatusOK},
		{"again", "again", http.StatusTeapot},
	} {
		response, err := conn.Do(post(test.body))
		if err != nil {
			t.Fatal(err)
		}
		if response.Status != test.status || string(response.Body) != test.want {
			t.Errorf("status %d and %d bytes, want %d and %d", response.Status, len(response.Body), test.status, len(test.want))
		}
		if got := response.Header("x-odd"); got != "yes" {
			t.Errorf("X-Odd is %q", got)
		}
		if got := response.Header("X-Absent"); got != "" {
			t.Errorf("X-Absent is %q", got)
		}
	}
}

func TestConnRefusesBrokenAnswers(t *testing.T) {
	for _, answer := range []string{
		"",
		"SMTP 220 hello\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 9",
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour",
		"HTTP/1.1 200 OK\r\nContent-Length: -9\r\n\r\nfour",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nfour",
		"HTTP/1.1 200 OK\r\n\r\nno length",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nmore",
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			c.Read(make([]byte, 1024))
			io.WriteString(c, answer)
		}()
		if response, err := dial(t, listener.Addr().String()).Do(post("x")); err == nil {
			t.Errorf("%q was taken for status %d and body %q", answer, response.Status, response.Body)
		}
		listener.Close()
	}
}

// options ask an address little enough for a test.
func options(addr string) load.Options {
	return load.Options{
		Addr: addr, Connections: 4, For: time.Minute, MaxRequests: 50, Warmup: 3,
		Requests: func(int) load.Source { return func() []byte { return post("x") } },
		Check: func(r load.Response) error {
			if r.Status != http.StatusOK {
				return fmt.Errorf("status %d", r.Status)
			}
			return nil
		},
	}
}

func TestRunAsksWhatItShouldAndNoMore(t *testing.T) {
	var asked atomic.Int64
	addr := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	result, err := load.Run(t.Context(), options(addr))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(result.Latencies); got != 4*50 {
		t.Errorf("%d latencies, want %d", got, 4*50)
	}
	if got := asked.Load(); got != 4*53 {
		t.Errorf("%d requests, want %d", got, 4*53)
	}
	if p50, p99 := result.Percentile(.5), result.Percentile(.99); p50 <= 0 || p99 < p50 || p99 > result.Took {
		t.Errorf("p50 %v, p99 %v of a run of %v", p50, p99, result.Took)
	}
}

func TestRunEndsWithTime(t *testing.T) {
	addr := serve(t, func(http.ResponseWriter, *http.Request) {})
	opts := options(addr)
	opts.For, opts.MaxRequests = time.Millisecond, 1<<30
	if _, err := load.Run(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
}

func TestRunFailsWithOneWrongAnswer(t *testing.T) {
	var asked atomic.Int64
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 60 {
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	opts := options(addr)
	opts.MaxRequests = 1 << 30
	result, err := load.Run(t.Context(), opts)
	if err == nil || !strings.Contains(err.Error(), "status 502") || result != nil {
		t.Fatalf("result %v, error %v", result, err)
	}
}

func TestRunEndsWhenCancelled(t *testing.T) {
	addr := serve(t, func(http.ResponseWriter, *http.Request) {})
	opts := options(addr)
	opts.MaxRequests = 1 << 30
	ctx, cancel := context.WithCancel(t.Context())
	opts.Check = func(load.Response) error { cancel(); return nil }
	if _, err := load.Run(ctx, opts); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestRunNamesEveryWrongOption(t *testing.T) {
	_, err := load.Run(t.Context(), load.Options{Warmup: -1})
	for _, name := range []string{"Addr", "Connections", "For", "MaxRequests", "Warmup", "Requests"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not in: %v", name, err)
		}
	}
}

func TestPercentileByNearestRank(t *testing.T) {
	r := load.Result{Latencies: []time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}
	for share, want := range map[float64]time.Duration{0: 1, .5: 6, .9: 10, .99: 11, 1: 11} {
		if got := r.Percentile(share); got != want {
			t.Errorf("percentile %v is %v, want %v", share, got, want)
		}
	}
}
