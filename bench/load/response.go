// Reading answers: the head, and bodies with a length or in chunks (RFC 9112).

package load

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// Response is a complete answer. Its bytes belong to the connection.
type Response struct {
	Status int
	Body   []byte
	head   []byte
}

// Header returns the value of the first header field with the given name, in
// any case, or "".
func (r Response) Header(name string) string { return string(field(r.head, name)) }

const (
	maxHead  = 64 << 10
	crlf     = "\r\n"
	headEnd  = crlf + crlf
	unlength = -1 // the body has no Content-Length
)

// head is what an answer's start line and fields say of its body.
type head struct {
	length int // of the head itself, the empty line included
	status int
	body   int // bytes, or unlength
}

// readHead reads up to the empty line; more bytes may be in the buffer then.
func (c *Conn) readHead() (head, error) {
	searched := 0
	for {
		if err := c.fill(); err != nil {
			return head{}, err
		}
		if at := bytes.Index(c.buf[searched:c.filled], []byte(headEnd)); at >= 0 {
			return parseHead(c.buf[:searched+at+len(headEnd)])
		}
		if c.filled > maxHead {
			return head{}, fmt.Errorf("load: answer has no end of its head within %d bytes", maxHead)
		}
		searched = max(0, c.filled-len(headEnd)+1)
	}
}

func parseHead(raw []byte) (head, error) {
	const statusFrom, statusTo = len("HTTP/1.1 "), len("HTTP/1.1 200")
	h := head{length: len(raw), body: unlength}
	if len(raw) < statusTo || !bytes.HasPrefix(raw, []byte("HTTP/1.1 ")) {
		return h, errors.New("load: answer does not start as HTTP/1.1")
	}
	var err error
	if h.status, err = strconv.Atoi(string(raw[statusFrom:statusTo])); err != nil {
		return h, fmt.Errorf("load: answer has no status: %w", err)
	}
	if value := field(raw, "Content-Length"); value != nil {
		if h.body, err = strconv.Atoi(string(value)); err != nil || h.body < 0 {
			return h, fmt.Errorf("load: Content-Length is %q", value)
		}
		return h, nil
	}
	if !bytes.EqualFold(field(raw, "Transfer-Encoding"), []byte("chunked")) {
		return h, errors.New("load: answer has neither a length nor chunks")
	}
	return h, nil
}

// field finds the value of a header field, without the blanks around it; nil
// if there is none.
func field(raw []byte, name string) []byte {
	for {
		at := bytes.Index(raw, []byte(crlf))
		if at < 0 {
			return nil
		}
		raw = raw[at+len(crlf):]
		if len(raw) > len(name) && raw[len(name)] == ':' && bytes.EqualFold(raw[:len(name)], []byte(name)) {
			end := bytes.Index(raw, []byte(crlf))
			if end < 0 {
				end = len(raw)
			}
			return bytes.TrimSpace(raw[len(name)+1 : end])
		}
	}
}

// readBody reads the rest of the answer and refuses bytes behind it: nothing
// else was asked for.
func (c *Conn) readBody(h head) ([]byte, error) {
	if h.body == unlength {
		return c.readChunks(h.length)
	}
	end := h.length + h.body
	for c.filled < end {
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
	return c.buf[h.length:end], c.refuseExcess(end)
}

func (c *Conn) refuseExcess(end int) error {
	if c.filled > end {
		return fmt.Errorf("load: %d bytes behind the end of the answer", c.filled-end)
	}
	return nil
}

// readChunks reads a chunked body that starts at from and joins its chunks in
// place.
func (c *Conn) readChunks(from int) ([]byte, error) {
	at, end := from, from // next byte to read; end of what is joined
	for {
		line, err := c.line(at)
		if err != nil {
			return nil, err
		}
		size, err := strconv.ParseUint(string(line), 16, 31)
		if err != nil {
			return nil, fmt.Errorf("load: chunk size: %w", err)
		}
		at += len(line) + len(crlf)
		next := at + int(size) + len(crlf)
		for c.filled < next {
			if err := c.fill(); err != nil {
				return nil, err
			}
		}
		if size == 0 {
			return c.buf[from:end], c.refuseExcess(next)
		}
		end += copy(c.buf[end:], c.buf[at:at+int(size)])
		at = next
	}
}

// line returns the line that starts at the given offset, without its end.
func (c *Conn) line(from int) ([]byte, error) {
	for {
		if at := bytes.Index(c.buf[from:c.filled], []byte(crlf)); at >= 0 {
			return c.buf[from : from+at], nil
		}
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
}
