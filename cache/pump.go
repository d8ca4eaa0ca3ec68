package cache

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"sync"
	"time"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy"
)

// scratches are buffers to read a body into, before its bytes are cut to size.
var scratches = sync.Pool{New: func() any {
	buf := make([]byte, 32<<10)
	return &buf
}}

// ErrOpaque is why there is no whole document of an answer that the cache
// cannot read, since it is compressed, say.
var ErrOpaque = errors.New("cache: the origin's answer is not in a form that can be read")

// ErrBrokenOff means that the origin began an answer and did not finish it,
// and that nothing of it was given to anybody.
var ErrBrokenOff = errors.New("cache: the origin broke its answer off")

// pump moves the origin's answer into the flight's feed and keeps it if it is
// complete and storable. An answer is visible in the cache before the last of
// its bytes is given to any reader.
func (c *Cache) pump(f *flight, s *search, resp *http.Response) {
	defer resp.Body.Close()
	f.another = resp.Header.Get(llm.SubstituteHeader) != ""
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	stream := media == "text/event-stream"
	switch {
	case !readable(s.req, resp), stream && resp.StatusCode != http.StatusOK:
		f.begin(resp, stream, resp.ContentLength)
		c.pass(f, resp.Body, ErrOpaque)
	case stream:
		f.begin(resp, stream, resp.ContentLength)
		c.pumpStream(f, s, resp.Body)
	default:
		c.pumpDocument(f, s, resp)
	}
}

// readable reports whether the answer is one that the cache can read.
func readable(req *Request, resp *http.Response) bool {
	encoding := resp.Header.Get("Content-Encoding")
	return req.Kind != KindPrompt && (encoding == "" || encoding == "identity")
}

// pass gives the rest of body to the readers and keeps nothing.
func (c *Cache) pass(f *flight, body io.Reader, docErr error) {
	f.complete(nil, docErr)
	c.flights.unjoinable(f)
	scratch := scratches.Get().(*[]byte)
	defer scratches.Put(scratch)
	buf := *scratch
	for {
		n, err := body.Read(buf)
		if n > 0 {
			f.feed.append(bytes.Clone(buf[:n]))
		}
		if err != nil {
			f.end(nil, regular(err))
			return
		}
	}
}

// regular is nil for the regular end of a body.
func regular(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

func (c *Cache) pumpStream(f *flight, s *search, body io.Reader) {
	assembler := llm.NewAssembler(llm.Endpoint(s.req.Kind))
	scratch := scratches.Get().(*[]byte)
	defer scratches.Put(scratch)
	buf := *scratch
	size, complete := 0, false
	for {
		n, err := body.Read(buf)
		if n > 0 {
			part := bytes.Clone(buf[:n])
			if size += n; size > c.streamLimit() && !complete {
				f.feed.append(part)
				c.metrics.kept.WithLabelValues("too_large").Inc()
				c.pass(f, body, ErrTooLarge)
				return
			}
			assembler.Write(part)
			if assembler.Done() && !complete {
				complete = true
				c.landed(f, s, assembler)
			}
			f.feed.append(part)
		}
		if err != nil {
			if err == io.EOF && !complete {
				c.landed(f, s, assembler) // a terminal event that is not terminated itself
				complete = f.doc != nil
			}
			c.streamEnded(f, complete, err)
			return
		}
	}
}

// streamLimit bounds the raw bytes of a stream that is assembled: its events
// are many times as long as the answer they carry.
func (c *Cache) streamLimit() int { return 32 * c.opts.MaxEntryBytes }

// landed keeps the answer of a stream whose terminal event has come.
func (c *Cache) landed(f *flight, s *search, assembler *llm.Assembler) {
	doc, err := assembler.Answer()
	if err != nil {
		c.metrics.kept.WithLabelValues("incomplete").Inc()
		f.complete(nil, err)
		return
	}
	c.settle(f, s, doc)
	f.complete(doc, nil)
}

func (c *Cache) streamEnded(f *flight, complete bool, err error) {
	err = regular(err)
	docErr := err
	if !complete && docErr == nil {
		docErr = io.ErrUnexpectedEOF
	}
	f.end(docErr, err)
}

func (c *Cache) pumpDocument(f *flight, s *search, resp *http.Response) {
	doc, over, err := readLimited(resp.Body, resp.ContentLength, c.opts.MaxEntryBytes)
	switch {
	case over:
		f.begin(resp, false, resp.ContentLength)
		f.feed.append(doc)
		c.metrics.kept.WithLabelValues("too_large").Inc()
		c.pass(f, resp.Body, ErrTooLarge)
		return
	case err != nil:
		c.metrics.kept.WithLabelValues("incomplete").Inc()
		f.fail(fmt.Errorf("%w: %w", ErrBrokenOff, err))
		return
	case resp.StatusCode != http.StatusOK:
		c.metrics.kept.WithLabelValues("status").Inc()
	default:
		c.settle(f, s, doc)
	}
	f.complete(doc, nil)
	f.feed.append(doc)
	f.begin(resp, false, int64(len(doc)))
	f.end(nil, nil)
}

// readLimited reads body to its end, or until it is longer than limit.
func readLimited(body io.Reader, length int64, limit int) (doc []byte, over bool, err error) {
	if length > 0 && length <= int64(limit) {
		doc = make([]byte, length)
		n, err := io.ReadFull(body, doc) // net/http ends the body at its length
		return doc[:n], false, err
	}
	var buf bytes.Buffer
	_, err = buf.ReadFrom(io.LimitReader(body, int64(limit)+1))
	return buf.Bytes(), buf.Len() > limit, err
}

// settle stores a complete answer with status 200 if that is allowed.
func (c *Cache) settle(f *flight, s *search, doc []byte) {
	outcome := c.keepAnswer(f, s, doc)
	c.metrics.kept.WithLabelValues(outcome).Inc()
}

func (c *Cache) keepAnswer(f *flight, s *search, doc []byte) (outcome string) {
	if !f.keep {
		return "not_asked"
	}
	if f.another && !s.rules.AllowSubstitutes {
		return "substitute"
	}
	answer, err := llm.ParseResponse(llm.Endpoint(s.req.Kind), doc)
	if err != nil {
		return "malformed"
	}
	keep, why := policy.Storable(answer)
	if keep == policy.KeepFull && s.watched != nil && !f.another {
		c.audits.compare(s.watched, doc)
	}
	if keep == policy.KeepNot {
		return why
	}
	entry := c.newEntry(s.req, s.rules, Stored{
		Response: doc, Usage: answer.Usage, HasUsage: answer.HasUsage, ExactOnly: keep == policy.KeepExact,
		Took: time.Since(f.loading),
	}, time.Now())
	if len(entry.Response) > c.opts.MaxEntryBytes {
		return "too_large"
	}
	if c.revoked.cover(entry, s.start, s.start) {
		return "invalidated"
	}
	c.l1.put(entry)
	c.queue.add(write{
		entry: entry, vector: s.vector, lease: f.lease,
		index: c.indexes(s.req, s.rules, keep == policy.KeepExact) == "",
	})
	f.lease = lease{} // released behind the durable write
	return "kept"
}
