// One lasting connection: writes a request, reads its answer.

package load

import (
	"context"
	"fmt"
	"net"
	"time"
)

const initialBuffer = 16 << 10 // bytes; grows to the largest answer

// Conn is a connection with at most one request in flight. It is not safe for
// concurrent use.
type Conn struct {
	net      net.Conn
	protocol Protocol
	buf      []byte
	filled   int // bytes of buf that were received
}

// Dial connects to a TCP address such as "127.0.0.1:8080".
func Dial(ctx context.Context, protocol Protocol, addr string) (*Conn, error) {
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	return &Conn{net: c, protocol: protocol, buf: make([]byte, initialBuffer)}, nil
}

// Close ends the connection.
func (c *Conn) Close() error { return c.net.Close() }

// ExpireAt makes every read and write fail after t.
func (c *Conn) ExpireAt(t time.Time) error { return c.net.SetDeadline(t) }

// Do sends the bytes of one whole request and reads its answer, which is valid
// until the next call. After an error the connection is of no more use.
func (c *Conn) Do(request []byte) (Response, error) {
	c.filled = 0
	if _, err := c.net.Write(request); err != nil {
		return Response{}, fmt.Errorf("load: request not sent: %w", err)
	}
	if c.protocol == Redis {
		return c.readReply()
	}
	head, err := c.readHead()
	if err != nil {
		return Response{}, err
	}
	body, err := c.readBody(head)
	if err != nil {
		return Response{}, err
	}
	return Response{Status: head.status, head: c.buf[:head.length], Body: body}, nil
}

// fill reads at least one more byte, behind a larger buffer if it is full.
func (c *Conn) fill() error {
	if c.filled == len(c.buf) {
		larger := make([]byte, 2*len(c.buf))
		copy(larger, c.buf)
		c.buf = larger
	}
	n, err := c.net.Read(c.buf[c.filled:])
	c.filled += n
	if n > 0 {
		return nil
	}
	return fmt.Errorf("load: answer broke off after %d bytes: %w", c.filled, err)
}
