package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/askonce/askonce/api"
)

// TestTooLargeIsHeard: the refusal reaches a client that sends its whole body
// before it reads, with a length and in chunks.
func TestTooLargeIsHeard(t *testing.T) {
	w := newWorld(t, plan{options: func(o *api.Options) { o.MaxBody = 1 << 20 }})
	address, err := url.Parse(w.url)
	must(t, err)
	const size = 3 << 20
	body := strings.Repeat("x", size)
	for name, request := range map[string]string{
		"a length": fmt.Sprintf("Content-Length: %d\r\n\r\n%s", size, body),
		"chunks":   fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", size, body),
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", address.Host)
			must(t, err)
			defer conn.Close()
			_, err = io.WriteString(conn, "POST /v1/chat/completions HTTP/1.1\r\nHost: "+address.Host+"\r\nContent-Type: application/json\r\n"+request)
			must(t, err)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			must(t, err)
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}
}

// TestASlowBodyIsEnded: a caller who trickles holds nothing for ever, and one
// who is only slow to read his answer is not cut off.
func TestASlowBodyIsEnded(t *testing.T) {
	w := newWorld(t, plan{options: func(o *api.Options) { o.BodyTimeout = 50 * time.Millisecond }})
	address, err := url.Parse(w.url)
	must(t, err)
	conn, err := net.Dial("tcp", address.Host)
	must(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /v1/chat/completions HTTP/1.1\r\nHost: "+address.Host+"\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	must(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestTimeout {
		t.Errorf("status %d", resp.StatusCode)
	}
}

// TestABodyInPiecesDoesNotEndItsAnswer: the deadline for the body is not one
// for the answer.
func TestABodyInPiecesDoesNotEndItsAnswer(t *testing.T) {
	w := newWorld(t, plan{options: func(o *api.Options) { o.BodyTimeout = 50 * time.Millisecond }})
	w.provider.answer(func(out http.ResponseWriter, r *http.Request) bool {
		select {
		case <-time.After(200 * time.Millisecond):
		case <-r.Context().Done():
			t.Error("the call was ended")
		}
		return false
	})
	address, err := url.Parse(w.url)
	must(t, err)
	conn, err := net.Dial("tcp", address.Host)
	must(t, err)
	defer conn.Close()
	body := question("hello")
	for _, part := range []string{"POST /v1/chat/completions HTTP/1.1\r\nHost: " + address.Host + "\r\nContent-Type: application/json\r\n" +
		fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body[:10], body[10:]} {
		_, err = io.WriteString(conn, part)
		must(t, err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
}
