// How answers are written: from the cache or as they arrive, as one document
// or as a stream.

package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/internal/llm"
)

// Values of Content-Type, shared by all answers: read only.
var (
	jsonContent   = []string{"application/json"}
	streamContent = []string{"text/event-stream; charset=utf-8"}
	noBuffering   = []string{"no-cache"}
)

// writeHit writes an entry in the form that its caller asked for.
func writeHit(w http.ResponseWriter, view *llm.Request, a *cache.Answer) error {
	h := w.Header()
	if !view.Stream {
		describeHit(h, a, len(a.Entry.Response), time.Now())
		h["Content-Type"] = jsonContent
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(a.Entry.Response) // a caller who is gone cannot be told so
		return nil
	}
	stream, err := llm.AppendStream(nil, view.Endpoint, a.Entry.Response, view.IncludeUsage)
	if err != nil {
		return fmt.Errorf("replay of entry %v: %w", a.Entry.Key, err)
	}
	describeHit(h, a, len(stream), time.Now())
	h["Content-Type"], h["Cache-Control"] = streamContent, noBuffering
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(stream)
	return nil
}

// writeLive writes the origin's answer. The flight may have another form than
// this caller asked for; errors have no form and pass as they are.
func (s *Server) writeLive(w http.ResponseWriter, r *http.Request, view *llm.Request, a *cache.Answer) error {
	switch {
	case a.Status != http.StatusOK:
		return s.writeAsItComes(w, r, a)
	case view.Stream && a.Stream:
		return s.writeStream(w, r, view, a)
	case view.Stream:
		return s.writeReplay(w, r, view, a)
	case a.Stream:
		return s.writeDocument(w, r, a)
	}
	return s.writeAsItComes(w, r, a)
}

// errBrokenOff means that the origin did not finish its answer. Before the
// first byte it is told; after it, only the connection can break.
var errBrokenOff = &llm.CallError{
	Status: http.StatusBadGateway, Code: "upstream_broke_off",
	Message: "The provider broke its answer off.",
}

// broken is the error for an answer that cannot be finished: the caller's own
// if he left, and otherwise the origin's.
func (s *Server) broken(r *http.Request, err error) error {
	if gone := r.Context().Err(); gone != nil {
		return gone
	}
	return fmt.Errorf("%w: %s", errBrokenOff, err.Error()) // what is wrong with the provider's body is no fault of the caller's
}

// writeAsItComes passes the body on without looking at it.
func (s *Server) writeAsItComes(w http.ResponseWriter, r *http.Request, a *cache.Answer) error {
	first, err := a.Next(r.Context())
	if err != nil && err != io.EOF {
		return s.broken(r, err)
	}
	if values := a.Header["Content-Type"]; len(values) > 0 {
		w.Header()["Content-Type"] = values
	}
	if a.Length >= 0 {
		w.Header()["Content-Length"] = []string{strconv.FormatInt(a.Length, 10)}
	}
	w.WriteHeader(a.Status)
	for part := first; err == nil; part, err = a.Next(r.Context()) {
		if _, gone := w.Write(part); gone != nil {
			return nil
		}
	}
	if err != io.EOF {
		return s.broken(r, err)
	}
	return nil
}

// writeStream passes events on as they arrive, without the usage that only the
// cache asked for.
func (s *Server) writeStream(w http.ResponseWriter, r *http.Request, view *llm.Request, a *cache.Answer) error {
	h := w.Header()
	h["Content-Type"], h["Cache-Control"] = streamContent, noBuffering
	w.WriteHeader(http.StatusOK)
	control := http.NewResponseController(w)
	_ = control.Flush() // the caller sees the head before the first event

	out, done := io.Writer(w), func() error { return nil }
	if !view.IncludeUsage {
		filter := llm.NewUsageFilter(w)
		out, done = filter, filter.Close
	}
	for {
		part, err := a.Next(r.Context())
		if err == io.EOF {
			_ = done()
			return nil
		}
		if err != nil {
			return s.broken(r, err)
		}
		if _, gone := out.Write(part); gone != nil {
			return nil
		}
		_ = control.Flush()
	}
}

// writeDocument writes the whole of a stream as one document.
func (s *Server) writeDocument(w http.ResponseWriter, r *http.Request, a *cache.Answer) error {
	doc, err := whole(r.Context(), a)
	if err != nil {
		return s.broken(r, err)
	}
	writeBytes(w, http.StatusOK, jsonContent, doc)
	return nil
}

// writeReplay writes a document as the stream that its caller asked for.
func (s *Server) writeReplay(w http.ResponseWriter, r *http.Request, view *llm.Request, a *cache.Answer) error {
	doc, err := whole(r.Context(), a)
	if errors.Is(err, cache.ErrTooLarge) || errors.Is(err, cache.ErrOpaque) {
		return s.writeAsItComes(w, r, a) // the caller may know what to do with it
	}
	if err != nil {
		return s.broken(r, err)
	}
	stream, err := llm.AppendStream(nil, view.Endpoint, doc, view.IncludeUsage)
	if err != nil { // not an answer of this endpoint: the caller may know what it is
		writeBytes(w, http.StatusOK, a.Header["Content-Type"], doc)
		return nil
	}
	w.Header()["Cache-Control"] = noBuffering
	writeBytes(w, http.StatusOK, streamContent, stream)
	return nil
}

func whole(ctx context.Context, a *cache.Answer) ([]byte, error) {
	doc, err := a.Whole(ctx)
	if err != nil {
		return nil, fmt.Errorf("whole answer: %w", err)
	}
	return doc, nil
}

func writeBytes(w http.ResponseWriter, status int, contentType []string, body []byte) {
	h := w.Header()
	h["Content-Type"] = contentType
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
