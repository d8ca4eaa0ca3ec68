// Package pipenet is a network in memory, of one listener and whoever dials
// it. Tests use it under testing/synctest, where time passes only while every
// goroutine waits for another one, and a socket would be waited for in vain.
package pipenet

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// Listener accepts the connections that its DialContext makes.
type Listener struct {
	server *http.Server
	conns  chan net.Conn
	close  sync.Once
	done   chan struct{}
	dials  atomic.Int64
}

// Serve starts an HTTP server, which Stop ends.
func Serve(handler http.Handler) *Listener {
	l := &Listener{conns: make(chan net.Conn), done: make(chan struct{})}
	l.server = &http.Server{Handler: handler}
	go func() {
		// The error is always the one that Stop causes.
		_ = l.server.Serve(l)
	}()
	return l
}

// DialContext connects to the listener, whatever the address.
func (l *Listener) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		l.dials.Add(1)
		return ours, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Dials is how many connections were made.
func (l *Listener) Dials() int { return int(l.dials.Load()) }

// Accept waits for a connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Stop ends the server and closes its connections.
func (l *Listener) Stop() { _ = l.server.Close() }

// Close refuses later connections; the server calls it.
func (l *Listener) Close() error {
	l.close.Do(func() { close(l.done) })
	return nil
}

// Addr is an address of no network.
func (l *Listener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }
