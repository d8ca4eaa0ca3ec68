// Redis: its commands, and reading its replies (RESP version 2).

package load

import (
	"errors"
	"fmt"
	"strconv"
)

// Protocol is what a server speaks.
type Protocol int

// The protocols. In Redis's, the value of a reply is the Body of a Response.
const (
	HTTP Protocol = iota
	Redis
)

// Command makes the bytes of a Redis command.
func Command(words ...string) []byte {
	c := fmt.Appendf(nil, "*%d%s", len(words), crlf)
	for _, word := range words {
		c = fmt.Appendf(c, "$%d%s%s%s", len(word), crlf, word, crlf)
	}
	return c
}

// readReply reads a status, a number or a value. An error of the server, a
// value that is not there, and a list are errors: nothing asks for them.
func (c *Conn) readReply() (Response, error) {
	line, err := c.line(0)
	if err != nil {
		return Response{}, err
	}
	if len(line) == 0 {
		return Response{}, errors.New("load: empty reply")
	}
	kind, rest, from := line[0], line[1:], len(line)+len(crlf)
	switch kind {
	case '+', ':':
		return Response{Body: rest}, c.refuseExcess(from)
	case '$':
		return c.readValue(string(rest), from)
	default:
		return Response{}, fmt.Errorf("load: the server replied %q", line)
	}
}

// readValue reads the value that starts at from.
func (c *Conn) readValue(length string, from int) (Response, error) {
	size, err := strconv.Atoi(length)
	if err != nil || size < 0 {
		return Response{}, fmt.Errorf("load: there is no value: length %q", length)
	}
	end := from + size + len(crlf)
	for c.filled < end {
		if err := c.fill(); err != nil {
			return Response{}, err
		}
	}
	return Response{Body: c.buf[from : from+size]}, c.refuseExcess(end)
}
