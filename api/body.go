// How request bodies are read: bounded, and with one allocation at most.

package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// scratchSize is the longest body that is read into a pooled buffer.
const scratchSize = 16 << 10

// scratch are buffers for bodies that are looked at and then let go.
type scratch struct{ pool sync.Pool }

func (s *scratch) get() *[scratchSize]byte {
	if b, ok := s.pool.Get().(*[scratchSize]byte); ok {
		return b
	}
	return new([scratchSize]byte)
}

func (s *scratch) put(b *[scratchSize]byte) { s.pool.Put(b) }

// drainedBodies is how many times the limit a refused body may be long to be
// read to its end.
const drainedBodies = 4

// tooLarge refuses a body over the limit. Many clients send all of it before
// they look at the answer, and lose the answer with a connection that closes
// meanwhile, so the rest is read first; those that wait for leave to send it
// are told at once.
func (s *Server) tooLarge(r *http.Request) error {
	limit := s.opts.MaxBody
	if r.Header.Get("Expect") == "" {
		_, _ = io.CopyN(io.Discard, r.Body, drainedBodies*limit)
	}
	return &fault{
		status: http.StatusRequestEntityTooLarge, code: "body_too_large",
		message: fmt.Sprintf("The body is longer than the %d bytes that this service takes.", limit),
	}
}

var errSlowBody = &fault{
	status: http.StatusRequestTimeout, code: "slow_body",
	message: "The body took too long to arrive.",
}

var errCut = &fault{
	status: http.StatusBadRequest, code: "incomplete_body",
	message: "The body ended before all of it had arrived.",
}

// patientBody waits for a body's bytes as long as patience and no longer. Most
// bodies are there with the first read, which has no deadline of its own.
type patientBody struct {
	io.ReadCloser
	control  *http.ResponseController
	patience time.Duration
	reads    int
}

func (b *patientBody) Read(p []byte) (int, error) {
	b.reads++
	if b.reads == 2 {
		_ = b.control.SetReadDeadline(time.Now().Add(b.patience)) // in-memory connections of tests have none
	}
	return b.ReadCloser.Read(p)
}

// bodyRead ends the wait for a body that is all there: what is read of the
// connection from now on is not the body. A body that is late keeps its
// deadline, so that nobody waits for the rest of it.
func bodyRead(r *http.Request, err error) error {
	if err != nil {
		return readError(r, err)
	}
	if b, ok := r.Body.(*patientBody); ok && b.reads > 1 {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return nil
}

// readBody reads a whole body into memory of its own.
func (s *Server) readBody(r *http.Request) ([]byte, error) {
	length := r.ContentLength
	switch {
	case length > s.opts.MaxBody:
		return nil, s.tooLarge(r)
	case length == 0 || r.Body == nil:
		return nil, nil
	case length > 0:
		body := make([]byte, length)
		return body, s.fill(r, body)
	}
	var body bytes.Buffer
	n, err := body.ReadFrom(io.LimitReader(r.Body, s.opts.MaxBody+1))
	if n > s.opts.MaxBody {
		return nil, s.tooLarge(r)
	}
	return body.Bytes(), bodyRead(r, err)
}

// fill reads exactly as much as the caller announced.
func (s *Server) fill(r *http.Request, body []byte) error {
	_, err := io.ReadFull(r.Body, body)
	return bodyRead(r, err)
}

// readError tells a caller who left from one who sent less than announced.
func readError(r *http.Request, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errSlowBody
	}
	if gone := r.Context().Err(); gone != nil {
		return gone
	}
	return errors.Join(errCut, err)
}

// plainBody refuses a body that is compressed.
func plainBody(r *http.Request) error {
	if encoding := r.Header["Content-Encoding"]; len(encoding) > 0 && encoding[0] != "" && encoding[0] != "identity" {
		return errEncoded
	}
	return nil
}
