// A proxy that lets through, swallows or breaks.

package redistest

import (
	"net"
	"sync"
	"testing"
)

// Fault is what a Proxy does to connections.
type Fault int

// The faults of a Proxy. Reset breaks connections as soon as they are made.
const (
	None Fault = iota
	Swallow
	Reset
)

// Proxy stands between a client and a server.
type Proxy struct {
	listener net.Listener
	target   string
	group    sync.WaitGroup

	mu    sync.Mutex
	fault Fault
	ended bool
	conns map[net.Conn]struct{}
}

// StartProxy passes connections on to an address until the test ends.
func StartProxy(tb testing.TB, target string) *Proxy {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{listener: l, target: target, conns: make(map[net.Conn]struct{})}
	p.group.Go(p.accept)
	tb.Cleanup(func() {
		l.Close()
		p.mu.Lock()
		p.ended = true
		p.mu.Unlock()
		p.closeAll()
		p.group.Wait()
	})
	return p
}

// URL returns the proxy's address as that of a server.
func (p *Proxy) URL() string { return "redis://" + p.listener.Addr().String() }

// Set makes the fault apply from now on, to open connections as well.
func (p *Proxy) Set(f Fault) {
	p.mu.Lock()
	p.fault = f
	p.mu.Unlock()
	if f != Swallow {
		p.closeAll()
	}
}

func (p *Proxy) current() Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault
}

func (p *Proxy) closeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		abort(c)
	}
	clear(p.conns)
}

func (p *Proxy) keep(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.ended {
			abort(c)
			continue
		}
		p.conns[c] = struct{}{}
	}
}

// abort closes a connection so that its other end sees a reset.
func abort(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	c.Close()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		if p.current() == Reset {
			abort(client)
			continue
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close()
			continue
		}
		p.keep(client, server)
		p.group.Go(func() { p.pass(server, client) })
		p.group.Go(func() { p.pass(client, server) })
	}
}

// pass copies one direction.
func (p *Proxy) pass(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && p.current() == None {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
