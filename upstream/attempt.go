// One try: send the request once, and tell how far it came.

package upstream

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tidwall/gjson"
)

// maxPeek bounds how much of an error body is read to classify it, and how
// much of an unwanted one to save its connection.
const maxPeek = 64 << 10

// maxDrain bounds how long a retry waits for the rest of an unwanted body.
const maxDrain = time.Second

// attemptError is a try that brought no answer while the call's deadline had
// not passed.
type attemptError struct {
	err       error
	connected bool // a connection was there
	answered  bool // at least one byte of an answer came
}

func (e *attemptError) Error() string { return e.err.Error() }
func (e *attemptError) Unwrap() error { return e.err }

// timeout reports whether the provider was reached and stayed silent. A
// connection that its peer no longer acknowledges is dead, not silent.
func (e *attemptError) timeout() bool {
	var ne net.Error
	return e.connected && errors.As(e.err, &ne) && ne.Timeout() && !errors.Is(e.err, syscall.ETIMEDOUT)
}

// retryable reports whether this is a connection that failed before any byte
// of the answer. A certificate that is wrong stays wrong.
func (e *attemptError) retryable() bool {
	var cert *tls.CertificateVerificationError
	return !e.answered && !e.timeout() && !errors.As(e.err, &cert)
}

// progress is how far a try came, written from the transport's goroutines.
type progress struct {
	connected, answered atomic.Bool
}

// attempt sends the request once. The error is an *attemptError, or ctx's.
func attempt(ctx context.Context, transport http.RoundTripper, proto *http.Request, body []byte) (*http.Response, error) {
	var p progress
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { p.connected.Store(true) },
		GotFirstResponseByte: func() { p.answered.Store(true) },
	})
	req := proto.WithContext(traced)
	setBody(req, body)
	resp, err := transport.RoundTrip(req)
	switch {
	case err == nil:
		return resp, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, &attemptError{err: err, connected: p.connected.Load(), answered: p.answered.Load()}
}

// exhausted reports whether a 429 means that the account has no quota or money
// left, by the structured fields of its body. The body is given back whole.
func exhausted(resp *http.Response) bool {
	if resp.StatusCode != http.StatusTooManyRequests {
		return false
	}
	head := peek(resp)
	for _, path := range [...]string{"error.code", "error.type", "code", "type", "0.error.code", "0.error.type"} {
		if isExhaustedCode(gjson.GetBytes(head, path).String()) {
			return true
		}
	}
	return false
}

// peek reads the beginning of the body and puts it back.
func peek(resp *http.Response) []byte {
	head, err := io.ReadAll(io.LimitReader(resp.Body, maxPeek))
	rest := io.Reader(resp.Body)
	if err != nil {
		rest = failedReader{err}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), rest), resp.Body}
	return head
}

// failedReader fails again as the read before it did.
type failedReader struct{ err error }

func (r failedReader) Read([]byte) (int, error) { return 0, r.err }

// discard reads a short rest of an unwanted body, so that its connection can
// be used again, and closes it.
func discard(resp *http.Response) {
	if resp == nil {
		return
	}
	stop := time.AfterFunc(maxDrain, func() { resp.Body.Close() })
	_, _ = io.CopyN(io.Discard, resp.Body, maxPeek) // a rest that fails costs only the connection
	stop.Stop()
	resp.Body.Close()
}
